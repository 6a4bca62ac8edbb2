"""psycopg2 clients; prints what they saw, a line each. Argument: the port."""
import io
import sys
import threading

import psycopg2
import psycopg2.extras


def connect():
    return psycopg2.connect(host="127.0.0.1", port=int(sys.argv[1]), user="bench", dbname="bench")


def main():
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("select %s::int + 1, %s", (41, "it's"))
    print("parameters", cursor.fetchone())
    connection.commit()

    cursor.execute("drop table if exists python_rows")
    cursor.execute("create table python_rows (id int primary key, v text)")
    psycopg2.extras.execute_values(cursor, "insert into python_rows values %s", [(i, f"row {i}") for i in range(500)])
    connection.commit()
    cursor.execute("delete from python_rows")
    connection.rollback()
    cursor.copy_expert("copy python_rows from stdin", io.StringIO("".join(f"{i}\tcopied\n" for i in range(500, 1500))))
    connection.commit()
    cursor.execute("select count(*), sum(id) from python_rows")
    print("rows", cursor.fetchone())
    out = io.StringIO()
    cursor.copy_expert("copy python_rows to stdout", out)
    print("copied out", len(out.getvalue().splitlines()))

    try:
        cursor.execute("select 1/0")
    except psycopg2.errors.DivisionByZero as e:
        print("error", e.pgcode)
    connection.rollback()

    named = connection.cursor("server_side")
    named.itersize = 100
    named.execute("select generate_series(1, 5000)")
    print("cursor", sum(row[0] for row in named))
    connection.commit()
    connection.close()

    sums = []

    def work(number):
        mine = connect()
        mine.autocommit = True
        with mine.cursor() as c:
            total = 0
            for i in range(20):
                c.execute("select %s::int", (number * 100 + i,))
                total += c.fetchone()[0]
            sums.append(total == sum(number * 100 + i for i in range(20)))
        mine.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("threads", sums.count(True))


main()
