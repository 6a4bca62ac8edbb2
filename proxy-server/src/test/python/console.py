"""psycopg 3, psycopg2 or asyncpg at the console; prints what it saw. Arguments: which, the port."""
import asyncio
import sys

PORT = int(sys.argv[2])
WHERE = dict(host="127.0.0.1", port=PORT, user="bench")


def by_psycopg():
    import psycopg

    with psycopg.connect(**WHERE, dbname="pgbouncer", prepare_threshold=0) as console:
        for binary in (False, True):
            cursor = console.execute("show pools", binary=binary)
            row = dict(zip([column.name for column in cursor.description], cursor.fetchone()))
            print("pools", binary, row["database"], row["cl_active"], row["load_balance_hosts"])
            row = console.execute("show stats", binary=binary).fetchone()
            print("stats", type(row[3]).__name__, row[3] > 0)
        for _ in range(7):
            console.execute("show version", prepare=True)
        try:
            console.execute("show version where id = %s", (1,))
        except psycopg.errors.FeatureNotSupported as e:
            print("parameters", e.sqlstate)
        console.rollback()
        with console.pipeline():
            cursors = [console.execute("show state") for _ in range(3)]
            print("pipeline", [cursor.fetchone()[0] for cursor in cursors])
        console.commit()
    with psycopg.connect(**WHERE, dbname="spillway", autocommit=True) as console:
        print("pause", console.execute("pause").statusmessage, console.execute("resume", prepare=True).statusmessage)


def by_psycopg2():
    import psycopg2

    console = psycopg2.connect(**WHERE, dbname="pgbouncer")
    cursor = console.cursor()
    cursor.execute("show pools")
    print("pools", cursor.fetchone()[0])
    console.commit()


async def by_asyncpg():
    import asyncpg

    pool = await asyncpg.create_pool(**WHERE, database="pgbouncer", min_size=1, max_size=2)
    for _ in range(2):
        async with pool.acquire() as console:
            row = await console.fetchrow("show pools")
            print("pools", row["database"], row["cl_active"], row["load_balance_hosts"])
            row = await console.fetchrow("show stats")
            print("stats", type(row[3]).__name__, row[3] > 0)
            async with console.transaction():
                print("rows", len([row async for row in console.cursor("show totals", prefetch=5)]))
            print("dns", await console.fetch("show dns_zones"), await console.execute("pause"), await console.execute("resume"))
    await pool.close()


if sys.argv[1] == "asyncpg":
    asyncio.run(by_asyncpg())
else:
    {"psycopg": by_psycopg, "psycopg2": by_psycopg2}[sys.argv[1]]()
