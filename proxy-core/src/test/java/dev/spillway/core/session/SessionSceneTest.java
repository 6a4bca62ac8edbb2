package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.session.state.Snapshot;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Layer (c): a client, a server and what happens, in the language of {@link Scene}: then all that went to the server, all
 * that went to the client, and how both ended (client/server, in PgBouncer's names of states).
 */
class SessionSceneTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a query goes through             | open >Q <T,D,C,Z                | Q                  | T D C Z    "
                        + "    | idle/idle",
                "a transaction keeps its server   | open >begin <C,ZT               | begin              | C ZT       "
                        + "    | active/active",
                "a bare Sync needs no server      | >S                              |                    | Z          "
                        + "    | idle/none",
                "leaves while idle                | open >X                         |                    |            "
                        + "    | closed/idle",
                "says so while waiting, and is still there | >Q >X                           |                    |   "
                        + "             | waiting/none",
                "is lost while waiting            | >Q client! open                 |                    |            "
                        + "    | closed/idle",
                "leaves in a query                | open >Q,X                       | Q                  |            "
                        + "    | closed/being_canceled cancels:1",
                "its query is cancelled, drained  | open >Q,X sent <cancelled,Z     | Q empty            |            "
                        + "    | closed/tested",
                "and one round trip later it is free | open >Q,X sent <cancelled,Z <Z | Q empty           |           "
                        + "     | closed/idle",
                "however the cancel is late       | open >Q,X <T,D,C,Z sent <Z      | Q empty            |            "
                        + "    | closed/idle",
                "a cancel nobody is sure of closes | open >Q,X <C,Z unsure          | Q X                |            "
                        + "    | closed/closed",
                "leaves in a transaction          | open >begin <C,ZT >X            | begin ROLLBACK     | C ZT       "
                        + "    | closed/tested",
                "which is rolled back             | open >begin <C,ZT >X <C,Z       | begin ROLLBACK     | C ZT       "
                        + "    | closed/idle",
                "leaves in the first of two       | open >begin,Q,X +1s             | begin Q            |            "
                        + "    | closed/tested",
                "the last is cancelled            | open >begin,Q,X <C,ZT           | begin Q            |            "
                        + "    | closed/being_canceled cancels:1",
                "and all of it rolled back        | open >begin,Q,X <C,ZT sent <cancelled,ZE <C,Z | begin Q ROLLBACK |"
                        + "            | closed/idle",
                "leaves in COPY IN                | open >copy <G >row,X            | copy row copyfail  | G          "
                        + "    | closed/being_canceled cancels:1",
                "and the COPY is ended            | open >copy <G >row,X sent <err,Z <Z | copy row copyfail empty | G "
                        + "    | closed/idle",
                "leaves before the COPY is announced | open >copy,X <G sent <err,Z <Z | copy copyfail empty |         "
                        + "     | closed/idle",
                "leaves in the middle of a frame  | open >big client!               | cut:20000          |            "
                        + "    | closed/closed",
                "leaves between Parse and Sync    | open >P,B <1,2 >X               | P B RBS            | 1 2        "
                        + "    | closed/being_canceled cancels:1",
                "and its group is rolled back     | open >P,B <1,2 >X sent <1,2,C,Z <Z | P B RBS empty   | 1 2        "
                        + "    | closed/idle",
                "a cancel that came too early is sent again | open >Q,X sent +1s      | Q                  |          "
                        + "      | closed/being_canceled cancels:1",
                "not while our own statement runs | open >begin <C,ZT >X +1s +1s    | begin ROLLBACK     | C ZT       "
                        + "    | closed/tested",
                "recovery takes too long          | open >Q,X +21s                  | Q X                |            "
                        + "    | closed/closed cancels:1",
            })
    void clientLeaves(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.TRANSACTION, Snapshot.NEUTRAL, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "dies idle                        | open server!                    |                    |            "
                        + "    | idle/closed",
                "dies linked                      | open >begin <C,ZT server!       | begin              | C ZT E08006"
                        + "    | closed/closed",
                "dies in the middle of a row      | open >Q <T,half server!         | Q                  | T cut:6    "
                        + "    | closed/closed",
                "says so behind its last answer: its client goes on | open >Q <T,D,C,Z,fatal | Q X             | T D C"
                        + " Z        | idle/closed",
                "inside a transaction the client hears it | open >begin <C,ZT,fatal server! | begin        | C ZT"
                        + " fatal     | closed/closed",
                "a shutdown while linked          | open >Q <T,D shutdown           | Q                  | T D E57P01 "
                        + "    | closed/being_canceled cancels:1",
                "a shutdown in the middle of a row | open >Q <T,half shutdown       | Q                  | T cut:6    "
                        + "    | closed/being_canceled cancels:1",
                "says why                         | open >Q <fatal server!          | Q                  | fatal      "
                        + "    | closed/closed",
                "breaks the protocol              | open >Q <1                      | Q                  | E08006     "
                        + "    | closed/closed",
                "talks unasked                    | open <C                         |                    |            "
                        + "    | idle/closed",
            })
    void serverDies(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.TRANSACTION, Snapshot.NEUTRAL, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "cancelled while idle             | open cancel                     |                    |            "
                        + "    | idle/idle",
                "cancelled while waiting          | >Q cancel                       |                    | E57014 Z   "
                        + "    | idle/none",
                "and goes on                      | >Q cancel open >Q <C,Z          | Q                  | E57014 Z C"
                        + " Z   | idle/idle",
                "cancelled while waiting, extended | >P,B,E cancel >S               |                    | E57014 Z   "
                        + "    | idle/none",
                "cancelled while running          | open >Q cancel                  | Q                  |            "
                        + "    | active/active cancels:1 cancelling",
                "the request ends with ours       | open >Q cancel sent             | Q                  |            "
                        + "    | active/active",
                "the server stays away till it is sure | open >Q cancel <cancelled,Z | Q                 | cancelled Z"
                        + "    | idle/being_canceled cancels:1 cancelling",
                "and has one round trip more      | open >Q cancel <cancelled,Z sent <Z | Q empty        | cancelled Z"
                        + "    | idle/idle",
                "a wait ends with an error        | >Q +121s                        |                    | E53000 Z   "
                        + "    | idle/none",
                "after which all is as before     | >Q +121s open >Q <C,Z           | Q                  | E53000 Z C"
                        + " Z   | idle/idle",
                "extended, up to Sync nothing     | >P,B,E +121s >P,B >E,S          |                    | E53000 Z   "
                        + "    | idle/none",
                "extended, with the Sync          | >P,B,E,S +121s                  |                    | E53000 Z   "
                        + "    | idle/none",
                "a function call                  | >F +121s                        |                    | E53000 Z   "
                        + "    | idle/none",
                "two queries, the second waits anew | >Q,begin +121s open           | begin              | E53000 Z   "
                        + "    | active/active",
            })
    void waitOrStatementEnds(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.TRANSACTION, Snapshot.NEUTRAL, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "settings first                   | open >Q                         | R Q                |            "
                        + "    | active/active",
                "the restore is nobody's          | open >Q <C,C,Tokyo,Z <C,Z       | R Q                | Tokyo C Z  "
                        + "    | idle/idle",
                "what could end a transaction waits | open >commit                  | R                  |            "
                        + "    | active/active",
                "until the settings are in force  | open >commit <C,Z               | R commit           |            "
                        + "    | active/active",
                "cancelled while restoring        | open >Q cancel                  | R Q                |            "
                        + "    | active/active cancelling",
                "twice, of which one is enough    | open >Q cancel cancel <C,Z sent | R Q                |            "
                        + "    | active/active",
                "it leaves before the cancel      | open >Q cancel client!          | R Q                |            "
                        + "    | closed/tested",
                "which comes when the settings are in force | open >Q client! <C,Z   | R Q                |            "
                        + "    | closed/being_canceled cancels:1",
                "or its server does               | open >Q cancel server!          | R Q                | E08006     "
                        + "    | closed/closed",
                "the cancel comes after it        | open >Q cancel <C,Z             | R Q                |            "
                        + "    | active/active cancels:1 cancelling",
            })
    void settingsAreRestored(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.TRANSACTION, Words.TOKYO, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "keeps its server                 | open >Q <C,Z                    | Q                  | C Z        "
                        + "    | active/active",
                "leaves: the session is reset     | open >Q <C,Z >X                 | Q reset            | C Z        "
                        + "    | closed/tested",
                "and then free                    | open >Q <C,Z >X <C,Z            | Q reset            | C Z        "
                        + "    | closed/idle",
                "a reset that fails closes        | open >Q <C,Z >X <err,Z          | Q reset X          | C Z        "
                        + "    | closed/closed",
                "leaves in a transaction          | open >begin <C,ZT >X <C,Z <C,Z  | begin ROLLBACK reset | C ZT     "
                        + "    | closed/idle",
            })
    void sessionMode(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.SESSION, Snapshot.NEUTRAL, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a pipeline goes through in one go | open >Q +1s >Q,Q                | Q Q Q        |           |"
                        + " active/active",
                "unless others wait               | open >Q +1s other >Q,Q           | Q            |           |"
                        + " active/active",
                "they have their turn before its rest | open >Q +1s other >Q,Q <C,Z   | Q Q Q        | C Z       |"
                        + " active/active other-served",
                "not while its slice lasts        | open >Q other >Q,Q               | Q Q Q        |           |"
                        + " active/active",
                "nor inside a transaction         | open >begin +1s other >Q,Q <C,ZT | begin Q Q    | C ZT      |"
                        + " active/active",
                "nor in the middle of a group     | open >P +1s other >B,E,S,P       | P B E S      |           |"
                        + " active/active",
                "the COPY it waits for gets its data | open >copy +1s other >Q,row <G | copy Q row   | G         |"
                        + " active/active",
                "a cancel meanwhile hits what runs | open >Q +1s other >Q cancel     | Q            |           |"
                        + " active/active cancels:1 cancelling",
                "it may leave meanwhile           | open >Q +1s other >Q,Q client!   | Q            |           |"
                        + " closed/being_canceled cancels:1",
            })
    void pipelinesTakeTurns(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.TRANSACTION, Snapshot.NEUTRAL, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a statement that takes too long  | open >Q +11s                | Q       | E57014    |"
                        + " closed/being_canceled cancels:1",
                "one that does not                | open >Q +10s                | Q       |           | active/active",
                "each of many has its own time    | open >Q,Q +9s <C,Z +9s      | Q Q     | C Z       | active/active",
                "an idle transaction              | open >begin <C,ZT +21s      | begin ROLLBACK | C ZT E25P03 |"
                        + " closed/tested",
                "a group without Sync is one too  | open >P,B <1,2 +21s         | P B RBS | 1 2 E25P03 |"
                        + " closed/being_canceled cancels:1",
                "silence is counted from the answer | open >begin +9s <C,ZT +20s | begin  | C ZT      | active/active",
                "a transaction that takes too long | open >begin <C,ZT +15s >Q <C,ZT +16s | begin Q ROLLBACK |"
                        + " C ZT C ZT E25P04 | closed/tested",
                "a client that does nothing       | open +41s                   |         | E57P05    | closed/idle",
                "one that did something           | +30s open >Q <C,Z +30s      | Q       | C Z       | idle/idle",
                "one that waits does not          | >Q +41s                     |         |           | waiting/none",
            })
    void whatTakesTooLongIsEnded(String name, String events, String toServer, String toClient, String state) {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL);
        scene.ports.limits = new TimeLimits(
                Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(40));
        play(scene, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "time before it counts not       | open >Q <C,Z +31s >Q +1s        | Q Q            | C Z         |"
                        + " active/active",
                "its own time does               | open >Q <C,Z +31s >begin <C,ZT +15s >Q <C,ZT +16s | Q begin Q"
                        + " ROLLBACK | C Z C ZT C ZT E25P04 | closed/tested",
            })
    void transactionOfASessionIsTimedFromItsBegin(
            String name, String events, String toServer, String toClient, String state) {
        Scene scene = new Scene(PoolMode.SESSION, Snapshot.NEUTRAL);
        scene.ports.limits = new TimeLimits(Duration.ZERO, Duration.ofSeconds(30), Duration.ZERO, Duration.ZERO);
        play(scene, events, toServer, toClient, state);
    }

    @Test
    void cancelsAreCountedWhileTheyLast() {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL);
        try {
            scene.play("open >Q");
            assertThat(scene.cancels()).isEqualTo("all:0 asked:0 waiting:false");
            scene.play("cancel");
            assertThat(scene.cancels()).isEqualTo("all:1 asked:1 waiting:false");
            scene.play("sent <cancelled,Z <Z");
            assertThat(scene.cancels()).isEqualTo("all:0 asked:0 waiting:false");
            scene.play(">Q client!");
            assertThat(scene.cancels()).as("ours").isEqualTo("all:1 asked:0 waiting:false");
        } finally {
            scene.end();
        }
    }

    @Test
    void cancelWaitsForTheRestore() {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.of(Map.of("TimeZone", "Asia/Tokyo")));
        try {
            scene.play("open >Q cancel");
            assertThat(scene.cancels()).isEqualTo("all:0 asked:0 waiting:true");
        } finally {
            scene.end();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "statements are given a server each | open >Q <C,Z              | Q              | C Z         |"
                        + " idle/idle",
                "a transaction is not            | open >begin <C,ZT           | begin ROLLBACK | C E0A000    |"
                        + " closed/tested",
                "nor with more behind it         | open >begin >Q <C,ZT        | begin Q        | C E0A000    |"
                        + " closed/being_canceled cancels:1",
                "nor is a failed one             | open >Q <err,ZE             | Q ROLLBACK     | err E0A000  |"
                        + " closed/tested",
            })
    void statementModeForbidsTransactions(String name, String events, String toServer, String toClient, String state) {
        play(PoolMode.STATEMENT, Snapshot.NEUTRAL, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a client that reads nothing stops its server | open >Q client=full       | active/active"
                        + " server-unread",
                "until it reads again                     | open >Q client=full client=free | active/active",
                "a server is let go of readable           | open >Q client=full client!     | closed/being_canceled"
                        + " cancels:1",
                "a server that reads nothing stops its client | open >Q server=full       | active/active"
                        + " client-unread",
                "until it does                            | open >Q server=full server=free | active/active",
                "a client too far ahead is not read       | open >many                      | active/active"
                        + " client-unread",
                "a client that waits is                   | >Q,Q,Q                          | waiting/none",
            })
    void backPressure(String name, String events, String state) {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL);
        try {
            scene.play(events);
            assertThat(scene.state()).isEqualTo(state);
        } finally {
            scene.end();
        }
    }

    /** Or both would wait for each other for ever: PostgreSQL keeps to itself what it would say at a Sync. */
    @Test
    void whoIsOwedManyRepliesAndSendsNoSyncIsReadAgainWhenHalfAreThere() {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL);
        String half = String.join(",", Collections.nCopies(ReplyQueue.MAX_PIPELINED / 2, "1"));
        try {
            scene.play("open >many");
            assertThat(scene.toServer()).endsWith("P P H");
            scene.play("<" + half);
            assertThat(scene.state()).isEqualTo("active/active client-unread");
            scene.play("<1");
            assertThat(scene.state()).isEqualTo("active/active");
        } finally {
            scene.end();
        }
    }

    @Test
    void whoIsOwedManyRepliesIsReadToTheEndOfAMessage() {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL);
        try {
            scene.play("open >many,big");
            assertThat(scene.state()).isEqualTo("active/active");
            scene.play(">more");
            assertThat(scene.state()).isEqualTo("active/active client-unread");
        } finally {
            scene.end();
        }
    }

    private static void play(
            PoolMode mode, Snapshot snapshot, String events, String toServer, String toClient, String state) {
        play(new Scene(mode, snapshot), events, toServer, toClient, state);
    }

    private static void play(Scene scene, String events, String toServer, String toClient, String state) {
        try {
            scene.play(events);
            assertThat("%s | %s | %s".formatted(scene.toServer(), scene.toClient(), scene.state()))
                    .as(events)
                    .isEqualTo("%s | %s | %s".formatted(orEmpty(toServer), orEmpty(toClient), state));
        } finally {
            scene.end();
        }
    }

    private static String orEmpty(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }
}
