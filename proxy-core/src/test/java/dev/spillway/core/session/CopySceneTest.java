package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.session.state.Snapshot;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layer (c): COPY data that comes before its COPY is announced, and Syncs in a COPY, in the language of {@link Scene}. */
class CopySceneTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "data waits for its COPY          | open >copy,row,done | copy | | active/active",
                "and follows the announcement     | open >copy,row,done <G <C,Z | copy row done | G C Z | idle/idle",
                "or goes nowhere without one      | open >copy,row,done,Q <err,Z <C,Z | copy Q | err Z C Z | idle/idle",
                "in a group the replies are asked for | open >P,B,E,row | P B E H | | active/active",
                "and what was no COPY gets it     | open >P,B,E,row <1,2,C >done,S <Z | P B E H row done S | 1 2 C Z "
                        + "| idle/idle",
                "a failed group gets it, and discards it | open >P,B,E,row,S <err <Z | P B E H row S | err Z |"
                        + " idle/idle",
                "what waits is bounded            | open >copy,rows >rows >rows | copy | | active/active client-unread",
                "and read on afterwards           | open >copy,rows >rows >rows <err,Z >Q <C,Z | copy Q | err Z C Z "
                        + "| idle/idle",
                "may be cancelled                 | open >copy,row cancel | copy | | active/active cancels:1"
                        + " cancelling",
                "is dropped when its client leaves | open >copy,row client! sent <G <err,Z <Z | copy copyfail empty | "
                        + "| closed/idle",
            })
    void dataWaitsUntilItIsKnownWhereItWillBeRead(
            String name, String events, String toServer, @Nullable String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "swallowed by a COPY that completes | open >E,S <G >row,S,done,S <C,Z | E S row S done S | G C Z |"
                        + " idle/idle",
                "what follows waits for the outcome | open >E,S <G >row,done,Q | E S row done H | G | active/active",
                "a probe after a failure          | open >E,S <G >row <err | E S row S empty | G err | active/active",
                "none where there was no Sync     | open >E <G >row <err | E row | G err | active/active",
                "it was read: the group goes on   | open >E,S <G >row <err,Z,I,Z >Q,done,S <Z | E S row S empty S | G"
                        + " err Z | idle/idle",
                "it was not: the group is over    | open >E,S <G >row <err,Z,Z,I,Z >Q <C,Z | E S row S empty Q | G err"
                        + " Z C Z | idle/idle",
                "one of two in a simple COPY      | open >copy <G >row,S,row,S <err,Z,Z,I,Z | copy row S row S empty "
                        + "| G err Z Z | idle/idle",
                "more than there were             | open >copy <G >S <err,Z,Z,Z | copy S empty | G err Z Z E08006 "
                        + "| closed/closed",
                "what is sent meanwhile waits     | open >E,S <G >row <err >Q | E S row S empty | G err |"
                        + " active/active",
                "the client leaves meanwhile      | open >E,S <G >row <err client! <Z,I,Z sent <Z | E S row S empty"
                        + " empty | G err | closed/idle",
                "leaves in the COPY               | open >E,S <G >row client! sent <err,Z,I,Z <Z "
                        + "| E S row copyfail H S empty empty | G | closed/idle",
                "leaves behind its end            | open >E,S <G >row,done client! <C sent <1,2,C,Z <Z "
                        + "| E S row done H RBS empty | G | closed/idle",
                "a cancel that hits the probe     | open >copy <G >S cancel <err,Z <cancelled,Z sent <Z | copy S empty"
                        + " empty | G err Z | idle/idle",
            })
    void syncInACopyIsAnsweredAsPostgresDoes(
            String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    private static void play(String events, String toServer, @Nullable String toClient, String state) {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL);
        try {
            scene.play(events);
            assertThat(scene.toServer()).as("to the server").isEqualTo(toServer);
            assertThat(scene.toClient()).as("to the client").isEqualTo(toClient == null ? "" : toClient);
            assertThat(scene.state()).isEqualTo(state);
        } finally {
            scene.end();
        }
    }
}
