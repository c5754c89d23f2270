// Inside of the library: memory that is given back all at once. Like std::pmr::monotonic_buffer_resource, but it asks
// for no more alignment than eight bytes, which is what PostgreSQL's palloc gives, and keeps a block for the next
// record.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <new>

namespace crosswalk::detail {

class arena final : public std::pmr::memory_resource {
  public:
    explicit arena(std::pmr::memory_resource* upstream) noexcept : upstream_(upstream) {}
    ~arena() override { free_behind(nullptr); }
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    /// Everything that was allocated is gone. The last block stays, when it is no giant.
    void release() noexcept {
        if (last_ != nullptr && last_->bytes <= most_kept) {
            block* const kept = last_;
            last_ = kept->before;
            free_behind(nullptr);
            kept->before = nullptr;
            last_ = kept;
            use(kept);
        } else {
            free_behind(nullptr);
            at_ = nullptr;
            left_ = 0;
        }
    }

  private:
    struct block {
        block* before;
        std::size_t bytes; ///< with this header
    };
    static constexpr std::size_t alignment = 8;
    static constexpr std::size_t first_bytes = 8U << 10U;
    static constexpr std::size_t most_kept = 1U << 20U;

    void use(block* b) noexcept {
        at_ = reinterpret_cast<std::byte*>(b) + sizeof(block);
        left_ = b->bytes - sizeof(block);
    }

    void free_behind(const block* end) noexcept {
        while (last_ != end) {
            block* const before = last_->before;
            upstream_->deallocate(last_, last_->bytes, alignment);
            last_ = before;
        }
    }

    void* do_allocate(std::size_t bytes, std::size_t wanted) override {
        if (wanted > alignment || bytes > static_cast<std::size_t>(-1) / 4) {
            throw std::bad_alloc();
        }
        bytes = (bytes + alignment - 1) / alignment * alignment;
        if (bytes > left_) {
            const std::size_t doubled = last_ == nullptr ? first_bytes : std::min(2 * last_->bytes, most_kept);
            const std::size_t size = std::max(doubled, bytes + sizeof(block));
            auto* const made = new (upstream_->allocate(size, alignment)) block{last_, size};
            last_ = made;
            use(made);
        }
        void* const result = at_;
        at_ += bytes;
        left_ -= bytes;
        return result;
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::pmr::memory_resource* upstream_;
    block* last_ = nullptr;
    std::byte* at_ = nullptr;
    std::size_t left_ = 0;
};

} // namespace crosswalk::detail
