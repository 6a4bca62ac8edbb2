"""SQLAlchemy with a pool whose events make settings; prints what its sessions saw. Argument: the port."""
import sys
import threading
import warnings

warnings.filterwarnings("ignore")

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, event, inspect, text
from sqlalchemy.orm import Session, declarative_base

PORT = int(sys.argv[1])
THREADS = 8
ROUNDS = 15


def engine(user="bench", **more):
    return create_engine(f"postgresql+psycopg2://{user}@127.0.0.1:{PORT}/bench", future=True, **more)


def value(connection, sql, **parameters):
    return connection.execute(text(sql), parameters).scalar()


def prepare():
    made = engine()
    with made.begin() as connection:
        for sql in (
            "drop schema if exists alchemy cascade",
            "create schema alchemy",
            "create table alchemy.row (tenant text, n int)",
            "alter table alchemy.row enable row level security",
            "create policy own on alchemy.row using (tenant = current_setting('app.tenant', true))",
            "grant usage on schema alchemy to plain_user",
            "grant select, insert, delete on alchemy.row to plain_user",
            "insert into alchemy.row select 't' || t, n from generate_series(0, 7) t, generate_series(1, 5) n",
        ):
            connection.execute(text(sql))
    made.dispose()


def pool_events():
    """Settings made at connect, a role and a tenant at each checkout, taken back at each checkin."""
    made = engine(pool_size=THREADS, max_overflow=0)
    tenant = threading.local()
    log = []

    @event.listens_for(made, "connect")
    def connect(connection, _):
        with connection.cursor() as cursor:
            cursor.execute("set search_path = alchemy, public")
            cursor.execute("set time zone 'Asia/Tokyo'")
            cursor.execute("set datestyle = 'SQL, DMY'")
        connection.commit()

    @event.listens_for(made, "checkout")
    def checkout(connection, _, __):
        with connection.cursor() as cursor:
            cursor.execute("select set_config('app.tenant', %s, false)", (tenant.name,))
            cursor.execute("set role plain_user")
        connection.commit()

    @event.listens_for(made, "checkin")
    def checkin(connection, _):
        if connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("reset role; reset app.tenant")
            connection.commit()

    def work(number):
        tenant.name = f"t{number}"
        right = 0
        for i in range(ROUNDS):
            with made.connect() as connection:
                seen = connection.execute(text(
                    "select current_user, current_setting('app.tenant'), current_setting('timezone'),"
                    " '2024-12-31'::date::text, count(*), min(tenant), max(tenant) from row")).one()
                right += tuple(seen) == ("plain_user", tenant.name, "Asia/Tokyo", "31/12/2024", 5, tenant.name,
                                         tenant.name)
                if i % 3 == 0:
                    connection.rollback()
                else:
                    connection.commit()
                if i % 4 == 0:
                    with connection.begin_nested():
                        connection.execute(text("set local work_mem = '5MB'"))
                    connection.rollback()
                right += value(connection, "show work_mem") == "4MB"
        log.append(right)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.dispose()
    print("pool events", sum(log), "of", THREADS * ROUNDS * 2)


def isolation_levels():
    made = engine(pool_size=1, max_overflow=0)
    for level in ("SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "AUTOCOMMIT"):
        with made.connect().execution_options(isolation_level=level) as connection:
            print(level, value(connection, "show transaction_isolation"))
    with made.connect() as connection:
        print("afterwards", value(connection, "show transaction_isolation"))
    with made.connect().execution_options(postgresql_readonly=True, postgresql_deferrable=True) as connection:
        print("read only", value(connection, "show transaction_read_only"),
              value(connection, "show transaction_deferrable"))
    with made.connect() as connection:
        print("afterwards", value(connection, "show transaction_read_only"))
    made.dispose()


def cursors_and_savepoints():
    made = engine(pool_size=2)
    with made.connect() as connection:
        rows = connection.execution_options(stream_results=True, max_row_buffer=100).execute(
            text("select n from generate_series(1, 5000) n"))
        print("stream", sum(row.n for row in rows))
    with made.begin() as connection:
        connection.execute(text("create temp table mine (n int)"))
        for n in range(6):
            savepoint = connection.begin_nested()
            connection.execute(text("insert into mine values (:n)"), {"n": n})
            savepoint.commit() if n % 2 else savepoint.rollback()
        print("savepoints", value(connection, "select string_agg(n::text, ',' order by n) from mine"))
    with made.connect() as connection:
        try:
            connection.execute(text("select 1/0"))
        except Exception as e:
            print(type(e).__name__, e.orig.pgcode)
        connection.rollback()
        print("after the error", value(connection, "select 7"))
    made.dispose()


def orm_and_reflection():
    base = declarative_base()

    class Thing(base):
        __tablename__ = "thing"
        __table_args__ = {"schema": "alchemy"}
        id = Column(Integer, primary_key=True)
        name = Column(String(40), unique=True)

    made = engine(pool_size=2, connect_args={"options": "-c search_path=alchemy -c app.tenant=t3"})
    base.metadata.create_all(made)
    with Session(made) as session:
        session.add_all(Thing(name=f"thing {n}") for n in range(50))
        session.commit()
        print("orm", session.query(Thing).filter(Thing.name.like("%9")).count(),
              value(session, "show search_path"), value(session, "show app.tenant"))
        session.add(Thing(name="thing 1"))
        try:
            session.flush()
        except Exception as e:
            print(type(e).__name__, e.orig.pgcode)
            session.rollback()
        session.connection().execute(text("set app.tenant = 't4'"))
        session.commit()
        print("orm", value(session, "show app.tenant"))
    found = inspect(made)
    print("reflection", sorted(found.get_table_names(schema="alchemy")), found.get_pk_constraint("thing"),
          [c.name for c in Table("thing", MetaData(), autoload_with=made).columns])
    made.dispose()


def temporary_table_over_transactions():
    made = engine(pool_size=1, max_overflow=0)
    with made.connect() as connection:
        connection.execute(text("create temp table kept (n int)"))
        connection.commit()
        for n in range(3):
            connection.execute(text("insert into kept values (:n)"), {"n": n})
            connection.commit()
        print("temporary table", value(connection, "select count(*) from kept"))
        connection.execute(text("drop table kept"))
        connection.commit()
    made.dispose()


prepare()
pool_events()
isolation_levels()
cursors_and_savepoints()
orm_and_reflection()
temporary_table_over_transactions()
