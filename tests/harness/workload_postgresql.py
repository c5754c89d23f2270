"""A worker in a library system on PostgreSQL: what all of these can do, two-phase commits among it."""

from workload_journal import Worker


class PostgresqlWorker(Worker):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.prepared = 0

    def one(self, sql, values, keys):
        """A transaction of one statement."""
        return self.transaction(lambda c: c.execute(sql, values), keys)

    def in_two_phases(self, work, keys):
        self.prepared += 1
        name = f"w{self.number}.{self.prepared}"

        def commit():
            with self.on.cursor() as c:
                c.execute(f"PREPARE TRANSACTION '{name}'")
            self.on.rollback()  # ends what the driver holds for a transaction
            self.finish_prepared(name)
        return self.transaction(work, keys, commit)

    def finish_prepared(self, name):
        self.on.autocommit = True
        try:
            with self.on.cursor() as c:
                c.execute(f"COMMIT PREPARED '{name}'")
        finally:
            if not self.on.closed:
                self.on.autocommit = False

    def _took_place(self, states):
        """What was prepared when the server ended is still there, and is committed first."""
        self.on.rollback()
        with self.on.cursor() as c:
            c.execute("SELECT gid FROM pg_prepared_xacts WHERE gid LIKE %s AND database = current_database()", (f"w{self.number}.%",))
            left = [row[0] for row in c.fetchall()]
        self.on.rollback()
        for name in left:
            self.finish_prepared(name)
        return super()._took_place(states)
