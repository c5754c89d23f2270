// Memory that ends: at whichever allocation it fails, code throws bad_alloc and leaks nothing.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory_resource>
#include <new>

namespace marc_test {

class failing_memory : public std::pmr::memory_resource {
  public:
    explicit failing_memory(std::size_t fail_at) : left_(fail_at) {}
    ~failing_memory() override { EXPECT_EQ(live_, 0U); }
    failing_memory(const failing_memory&) = delete;
    failing_memory& operator=(const failing_memory&) = delete;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        EXPECT_LE(alignment, 8U); // what palloc gives
        if (left_ == 0) {
            throw std::bad_alloc();
        }
        --left_;
        ++live_;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        --live_;
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::size_t left_;
    std::size_t live_ = 0;
};

/// Runs work(memory) with the first allocation failing, then the second, and so on until all succeed.
/// @param most how many allocations it may need
template <typename Work>
void sweep(std::size_t most, Work work) {
    for (std::size_t n = 0; n < most; ++n) {
        failing_memory memory(n);
        try {
            work(&memory);
            EXPECT_GT(n, 0U); // it did allocate
            return;
        } catch (const std::bad_alloc&) {}
    }
    ADD_FAILURE() << "never enough memory";
}

/// The same where there is no other memory: whatever the code takes from elsewhere than from the resource that it was
/// given would not fail in a sweep, but in PostgreSQL.
template <typename Work>
void sweep_alone(std::size_t most, Work work) {
    std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
    sweep(most, work);
    std::pmr::set_default_resource(before);
}

} // namespace marc_test
