"""psycopg2 clients that ask and check for a while; prints what they saw as one line. Arguments: port, clients, seconds."""
import collections
import json
import random
import sys
import threading
import time

import psycopg2

PORT, CLIENTS, SECONDS = map(int, sys.argv[1:4])
END = time.time() + SECONDS
LOCK = threading.Lock()
SEEN = collections.Counter()
ERRORS = collections.Counter()
TOOK = []


def last_words(error):
    """What ended it. What comes between two statements libpq does not tell psycopg2: the server closed, it says then."""
    while error.__context__:  # a rollback on a connection that is gone
        error = error.__context__
    return error.pgcode or str(error).strip().splitlines()[0]


def live(number):
    connection = None
    turn = 0
    while time.time() < END:
        time.sleep(random.random() * 0.4)
        turn += 1
        text = f"p{number}i{turn}"
        try:
            connection = connection or psycopg2.connect(host="127.0.0.1", port=PORT, user="bench", dbname="bench")
            start = time.time()
            with connection, connection.cursor() as cursor:
                cursor.execute("select %s", (text,))
                answer = cursor.fetchone()[0]
            with LOCK:
                TOOK.append(time.time() - start)
                SEEN["transactions"] += 1
                SEEN["wrong"] += answer != text
        except psycopg2.Error as e:
            with LOCK:
                ERRORS[last_words(e)] += 1
            connection = None
    if connection:
        connection.close()


threads = [threading.Thread(target=live, args=(n,)) for n in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
TOOK.sort()
MILLIS = [round(TOOK[int(len(TOOK) * percent / 100)] * 1000, 1) for percent in (50, 99, 99.9)]
print(json.dumps({"transactions": SEEN["transactions"], "wrong": SEEN["wrong"], "errors": ERRORS, "millis": MILLIS}))
