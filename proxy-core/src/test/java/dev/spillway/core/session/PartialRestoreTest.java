package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.session.state.Snapshot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layer (c): a client some of whose settings a server refuses, in the language of {@link Scene}. APART makes each of them apart. */
class PartialRestoreTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "what fails is looked for             | open >Q <err,ZE                     | R Q APART      | ''    "
                        + " | active/active",
                "then the rest is put into force      | open >Q <err,ZE <err,ZE <made,err,ZE | R Q APART BARE | ''   "
                        + " | active/active",
                "and the client is told, once         | open >Q <err,ZE <err,ZE <made,err,ZE <C,made,C,Z >Q <C,Z | R Q"
                        + " APART BARE Q | E55P02 Z C Z | idle/idle",
                "each statement that was sent gets it | open >Q,Q <err,ZE <err,ZE,err,ZE <made,err,ZE <C,made,C,Z | R"
                        + " Q Q APART BARE | E55P02 Z E55P02 Z | idle/idle",
                "and each that was held               | open >commit,Q,P,B,E,S,H,S <err,ZE <made,err,ZE <C,made,C,Z >Q"
                        + " | R APART BARE Q | E55P02 Z E55P02 Z E55P02 Z Z | active/active",
                "nothing is sent meanwhile            | open >Q <err,ZE >Q <err,ZE <made,err,ZE <C,made,C,Z | R Q"
                        + " APART BARE | E55P02 Z E55P02 Z | idle/idle",
                "a group is refused as a whole        | open >P,B,E,S <err,ZE <err,ZE <made,err,ZE <C,made,C,Z | R P B"
                        + " E S APART BARE | E55P02 Z | idle/idle",
                "one without its end up to that       | open >P,B,E,H <err,ZE <err,ZE <made,err,ZE <C,made,C,Z >D,S,Q"
                        + " | R P B E H S APART BARE Q | E55P02 Z | active/active",
                "it may have been for nothing         | open >Q <err,ZE <err,ZE <made,C,made,C,Z | R Q APART | E55000"
                        + " Z | idle/idle",
                "what is no setting ends the client   | open >Q <err,ZE <err,ZE <err,ZE     | R Q APART ROLLBACK |"
                        + " E08006 | closed/tested",
                "the client leaves meanwhile          | open >Q <err,ZE >X <err,ZE sent <made,err,ZE <C,Z | R Q"
                        + " APART ROLLBACK | '' | closed/idle",
                "the client is gone meanwhile         | open >Q <err,ZE <err,ZE client! sent <made,C,made,C,Z <Z | R Q"
                        + " APART empty | '' | closed/idle",
                "the server is gone meanwhile         | open >Q <err,ZE server!             | R Q APART      | E08006"
                        + " | closed/closed",
                "a cancel hits nothing                | open >Q cancel <err,ZE <err,ZE <made,err,ZE <C,made,C,Z | R Q"
                        + " APART BARE | E55P02 Z | idle/idle",
                "half a message cannot be answered    | open >big <err,ZE                   | ''             | E08006"
                        + " | closed/closed",
            })
    void aClientIsToldWhatItDoesWithout(String name, String events, String toServer, String toClient, String state) {
        play(Words.TOKYO, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "what is not vital is given up        | open >Q <err,ZE <err,ZE <made,made,err,ZE <C,made,made,C,Z |"
                        + " RBOTH Q APARTBOTH APARTTENANT | E55P02 Z | idle/idle",
                "what is ends the client              | open >Q <err,ZE <err,ZE <made,err,ZE <C,Z | RBOTH Q APARTBOTH"
                        + " ROLLBACK | E08006 | closed/idle",
                "then too                             | open >Q <err,ZE <err,ZE <made,made,err,ZE <C,made,err,ZE <C,Z"
                        + " | RBOTH Q APARTBOTH APARTTENANT ROLLBACK | E08006 | closed/idle",
            })
    void nothingRunsWithoutWhatIsVital(String name, String events, String toServer, String toClient, String state) {
        play(Words.BOTH, events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a restore that fails                 | open >Q <err,ZE                     | RTENANT Q      | E08006"
                        + " | closed/being_canceled cancels:1",
                "is rolled back                       | open >commit <err,ZE <C,Z           | RTENANT ROLLBACK |"
                        + " E08006 | closed/idle",
            })
    void norIsAnythingTriedWhereAllIs(String name, String events, String toServer, String toClient, String state) {
        play(Words.TENANT, events, toServer, toClient, state);
    }

    private static void play(Snapshot snapshot, String events, String toServer, String toClient, String state) {
        Scene scene = new Scene(PoolMode.TRANSACTION, snapshot);
        scene.play(events);
        if (!toServer.isEmpty()) {
            assertThat(scene.toServer()).isEqualTo(toServer);
        }
        assertThat(scene.toClient()).isEqualTo(toClient);
        assertThat(scene.state()).isEqualTo(state);
        scene.end();
    }
}
