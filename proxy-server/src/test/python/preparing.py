"""psycopg 3 or asyncpg with their own caches of prepared statements; prints what they saw. Arguments: which, the port."""
import asyncio
import sys
import threading

CLIENTS = 24
ROUNDS = 60
STATEMENTS = 12
PORT = int(sys.argv[2])


def text(which, parameter):
    return f"select {parameter}::int * {which} + 1 as n, '{which}'::text as t, '01/02/2024'::date as d"


def right(row, which, value):
    return row[0] == value * which + 1 and row[1] == str(which) and row[2].isoformat() == "2024-01-02"


def psycopg_clients():
    import psycopg

    right_ones = []
    prepared = []

    def work(number):
        with psycopg.connect(host="127.0.0.1", port=PORT, user="bench", dbname="bench", prepare_threshold=2) as mine:
            mine.autocommit = number % 2 == 0
            good = 0
            for i in range(ROUNDS):
                row = mine.execute(text(i % STATEMENTS, "%s"), (i,)).fetchone()
                good += right(row, i % STATEMENTS, i)
                if i == ROUNDS // 2:
                    mine.rollback()
                    mine.execute("create temp table if not exists gone (n int)")
                    mine.rollback()
                elif i % 7 == 0:
                    mine.commit()
            right_ones.append(good)
            prepared.append(len(mine._prepared._names))
            mine.rollback()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("right", sum(right_ones), "of", CLIENTS * ROUNDS, "prepared", all(prepared))


async def asyncpg_clients():
    import asyncpg

    async def work(number):
        mine = await asyncpg.connect(host="127.0.0.1", port=PORT, user="bench", database="bench")
        good = 0
        for i in range(ROUNDS):
            if i % 10 == 9:
                async with mine.transaction():
                    row = await mine.fetchrow(text(i % STATEMENTS, "$1"), i)
                    rows = [r async for r in mine.cursor("select generate_series(1, $1::int)", 120)]
                    good += right(row, i % STATEMENTS, i) and len(rows) == 120
            else:
                good += right(await mine.fetchrow(text(i % STATEMENTS, "$1"), i), i % STATEMENTS, i)
        await mine.executemany("select $1::int", [(n,) for n in range(100)])
        cached = len(mine._stmt_cache._entries)
        await mine.reload_schema_state()
        kept = await mine.prepare("select $1::text")
        good += await kept.fetchval("kept") == "kept"
        await mine.close()
        return good, cached

    answers = await asyncio.gather(*(work(n) for n in range(CLIENTS)))
    good = sum(answer[0] for answer in answers)
    print("right", good, "of", CLIENTS * (ROUNDS + 1), "prepared", all(cached > STATEMENTS for _, cached in answers))


if sys.argv[1] == "psycopg":
    psycopg_clients()
else:
    asyncio.run(asyncpg_clients())
