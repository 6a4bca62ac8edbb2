package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.SessionState;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import dev.spillway.core.session.state.Vocabulary;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Layer (c): what a client makes of its session, in the language of {@link Scene}. ASK, ASKALL, AGAIN are our questions, CLEAN and
 * its like what takes state away and puts what belongs there into force.
 */
class StateSceneTest {
    private static final StatePolicy TRACK = new StatePolicy(
            SessionState.TRACK,
            false,
            new Vocabulary(Set.of("mine")),
            Set.of(),
            false,
            1,
            Duration.ofMinutes(1),
            Set.of());

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing is asked without a reason    | open >Q <C,Z                       | Q                  | C Z "
                        + "  | idle/idle",
                "what is set is asked about           | open >set <SET,Z                   | set ASK            | SET"
                        + " Z | active/tested",
                "then taken away and put there again  | open >set <SET,Z <1MB,C,Z          | set ASK CLEAN1MB   | SET"
                        + " Z | idle/tested",
                "after which it is anybody's          | open >set <SET,Z <1MB,C,Z <C,Z     | set ASK CLEAN1MB   | SET"
                        + " Z | idle/idle",
                "and its own client's without a word  | open >set <SET,Z <1MB,C,Z <C,Z >Q <C,Z | set ASK CLEAN1MB Q |"
                        + " SET Z C Z | idle/idle",
                "nothing of it until the transaction ends | open >begin <C,ZT >set <SET,ZT  | begin set          | C"
                        + " ZT SET ZT | active/active",
                "SET LOCAL costs nothing              | open >setlocal <SET,Z              | setlocal           | SET"
                        + " Z | idle/idle",
                "SET LOCAL and SET                    | open >setlocal,set <SET,Z,SET,Z    | setlocal set ASK   | SET"
                        + " Z SET Z | active/tested",
                "a text is enough | open >lock <C,Z <C,Z <C,Z | lock ASKLOCKS CLEANLOCKS | C Z | idle/idle",
                "a tag is enough                      | open >do <DO,Z                     | do ASKEVERY        | DO Z"
                        + "  | active/tested",
                "a report is enough                   | open >Q <C,Tokyo,Z                 | Q ASKZONE          | C"
                        + " Tokyo Z | active/tested",
                "whoever waits gets it clean          | open >set <SET,Z other <1MB,C,Z    | set ASK CLEAN1MB   | SET"
                        + " Z | idle/tested",
                "and not before                       | open >set <SET,Z other <1MB,C,Z <C,Z | set ASK CLEAN1MB | SET"
                        + " Z | idle/idle other-served",
                "who comes back at once goes on | open >set <SET,Z >Q <1MB,C,Z <C,Z | set ASK Q CLEAN1MB | SET Z C Z |"
                        + " idle/tested",
                "who asks for nothing then is answered | open >set <SET,Z >S other <1MB,C,Z | set ASK CLEAN1MB | SET Z"
                        + " Z | idle/tested",
                "unless others wait                   | open >set <SET,Z >Q other <1MB,C,Z <C,Z <C,Z | set ASK"
                        + " CLEAN1MB Q | SET Z C Z | idle/idle other-served",
            })
    void stateFollowsItsClient(String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "what is set by itself is known       | open >setplain <SET,Z              | setplain           | SET"
                        + " Z | idle/idle",
                "so its own client goes on            | open >setplain <SET,Z >Q <C,Z      | setplain Q         | SET"
                        + " Z C Z | idle/idle",
                "and the same once more changes nothing | open >setplain <SET,Z >setplain <SET,Z | setplain setplain |"
                        + " SET Z SET Z | idle/idle",
                "whoever waits has it at once         | open >setplain other <SET,Z        | setplain           | SET"
                        + " Z | idle/idle other-served",
                "by the extended protocol too         | open >PSET,B,E,S <1,2,SET,Z        | PSET B E S         | 1 2"
                        + " SET Z | idle/idle",
                "with a Describe                      | open >PSET,B,D,E,S <1,2,n,SET,Z    | PSET B D E S       | 1 2"
                        + " n SET Z | idle/idle",
                "run twice it is asked about          | open >PSET,B,E,E,S <1,2,SET,SET,Z  | PSET B E E S ASK  | 1 2"
                        + " SET SET Z | active/tested",
                "not with another behind it           | open >setplain,Q <SET,Z,C,Z        | setplain Q ASK    | SET Z"
                        + " C Z | active/tested",
                "nor with another before it           | open >Q,setplain <C,Z,SET,Z        | Q setplain ASK    | C Z"
                        + " SET Z | active/tested",
                "nor in a transaction                 | open >begin <C,ZT >setplain <SET,ZT >commit <C,Z | begin"
                        + " setplain commit ASK | C ZT SET ZT C Z | active/tested",
                "nor when more is reported            | open >setplain <SET,Tokyo,Z        | setplain ASKBOTHNAMES |"
                        + " SET Tokyo Z | active/tested",
                "nor where something else keeps the server | open >lock <C,Z <LOCKS,C,Z >setplain <SET,Z | lock"
                        + " ASKLOCKS setplain ASKBOTH | C Z SET Z | active/tested pinned:1",
                "what fails makes nothing             | open >setplain <err,Z              | setplain           |"
                        + " err Z | idle/idle",
                "one of its own is asked about once   | open >setapp <SET,Z <TENANT,C,Z <C,Z >setapp <SET,Z | setapp"
                        + " ASKAPP RTENANT setapp | SET Z SET Z | idle/idle",
            })
    void whatASetMakesThatIsAllByItselfNeedNotBeAsked(
            String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "leaves before it is answered         | open >set,X <SET,Z sent <Z         | set empty CLEAN    | ''  "
                        + "  | closed/tested",
                "leaves while it is asked about       | open >set <SET,Z >X                | set ASK            | SET"
                        + " Z | closed/tested",
                "what it left is taken away           | open >set <SET,Z >X <1MB,C,Z <C,Z  | set ASK CLEAN      | SET"
                        + " Z | closed/idle",
                "is lost while it is asked about      | open >set <SET,Z client! <1MB,C,Z <C,Z | set ASK CLEAN  | SET"
                        + " Z | closed/idle",
                "leaves in a transaction              | open >begin,set <C,ZT,SET,ZT >X <C,Z <C,Z | begin set ROLLBACK"
                        + " CLEAN | C ZT SET ZT | closed/idle",
                "cancels while it is asked about      | open >set <SET,Z cancel <1MB,C,Z <C,Z | set ASK CLEAN1MB | SET"
                        + " Z | idle/idle",
                "cancels what waits for the answer    | open >set <SET,Z >Q cancel <1MB,C,Z <C,Z | set ASK CLEAN1MB |"
                        + " SET Z E57014 Z | idle/idle",
                "the server dies while it is asked    | open >set <SET,Z server!           | set ASK            | SET"
                        + " Z E08006 | closed/closed",
                "the server dies while it is cleaned  | open >set <SET,Z <1MB,C,Z server!  | set ASK CLEAN1MB   | SET"
                        + " Z | idle/closed",
                "no answer closes the server          | open >set <SET,Z +21s              | set ASK            | SET"
                        + " Z E08006 | closed/closed",
                "no end of the cleaning closes it     | open >set <SET,Z <1MB,C,Z +21s     | set ASK CLEAN1MB X | SET"
                        + " Z | idle/closed",
                "an error is asked away               | open >set <SET,Z <cancelled,ZE     | set ASK AGAIN      | SET"
                        + " Z | active/tested",
                "four times, then the client ends     | open >set <SET,Z <err,ZE <err,ZE <err,ZE <err,ZE | set ASK"
                        + " AGAIN AGAIN AGAIN ROLLBACK | SET Z E08006 | closed/tested",
                "and the server is cleaned            | open >set <SET,Z <err,ZE <err,ZE <err,ZE <err,ZE <C,Z <C,Z |"
                        + " set ASK AGAIN AGAIN AGAIN ROLLBACK CLEAN | SET Z E08006 | closed/idle",
                "what cannot be put there is left out | open >set <SET,Z <1MB,C,Z <err,ZE <C,Z <C,Z | set ASK CLEAN1MB"
                        + " ROLLBACK CLEAN | SET Z | idle/idle",
                "what cannot be cleaned is closed     | open >set <SET,Z <1MB,C,Z <err,ZE <C,Z <err,ZE | set ASK"
                        + " CLEAN1MB ROLLBACK CLEAN X | SET Z | idle/closed",
                "a row of nonsense closes the server  | open >set <SET,Z <D                | set ASK            | SET"
                        + " Z E08006 | closed/closed",
            })
    void whateverHappensNobodyElseFindsIt(String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "what cannot move keeps its server    | open >lock <C,Z <LOCKS,C,Z         | lock ASKLOCKS      | C Z "
                        + "  | active/active pinned:1",
                "and is not asked about again         | open >lock <C,Z <LOCKS,C,Z >Q <C,Z | lock ASKLOCKS Q    | C Z"
                        + " C Z | active/active pinned:1",
                "until it may have gone               | open >lock <C,Z <LOCKS,C,Z >unlock <C,Z | lock ASKLOCKS unlock"
                        + " ASKLOCKS | C Z C Z | active/tested pinned:1",
                "it may still be there                | open >lock <C,Z <LOCKS,C,Z >unlock <C,Z <LOCKS,C,Z | lock"
                        + " ASKLOCKS unlock ASKLOCKS | C Z C Z | active/active pinned:1",
                "when it has gone the server is free  | open >lock <C,Z <LOCKS,C,Z >unlock <C,Z <C,Z <C,Z | lock"
                        + " ASKLOCKS unlock ASKLOCKS CLEANLOCKS | C Z C Z | idle/idle",
                "settings are asked about as before   | open >lock <C,Z <LOCKS,C,Z >set <SET,Z <1MB,LOCKS,C,Z | lock"
                        + " ASKLOCKS set ASKBOTH | C Z SET Z | active/active pinned:1",
                "so does what its user may not make   | open >set <SET,Z <1MB,FORBIDDEN,C,Z >Q <C,Z | set ASK Q | SET"
                        + " Z C Z | active/active pinned:1",
                "which is asked about anew            | open >set <SET,Z <1MB,FORBIDDEN,C,Z >set <SET,Z"
                        + " <1MB,FORBIDDEN,C,Z | set ASK set ASK | SET Z SET Z | active/active pinned:1",
                "and moves when it may                | open >set <SET,Z <1MB,FORBIDDEN,C,Z >set <SET,Z <1MB,C,Z <C,Z |"
                        + " set ASK set ASK CLEAN1MB | SET Z SET Z | idle/idle",
                "what it may is not asked about again | open >set <SET,Z <1MB,C,Z <C,Z >set <SET,Z <1MB,C,Z | set ASK"
                        + " CLEAN1MB set ASKKNOWN CLEAN1MB | SET Z SET Z | idle/tested",
                "but what it may not, not yet in force | open >set <SET,Z <1MB,TOCOME,C,Z <C,Z >set <SET,Z | set ASK"
                        + " CLEAN1MB set ASK | SET Z SET Z | active/tested",
                "its client leaves                    | open >lock <C,Z <LOCKS,C,Z >X <C,Z | lock ASKLOCKS CLEANLOCKS"
                        + " | C Z | closed/idle",
                "its server dies                      | open >lock <C,Z <LOCKS,C,Z server! | lock ASKLOCKS      | C Z"
                        + " E08006 | closed/closed",
                "it asks for nothing for too long     | open >lock <C,Z <LOCKS,C,Z +61s <C,Z | lock ASKLOCKS"
                        + " CLEANLOCKS | C Z E57P05 | closed/idle",
            })
    void whatCannotMoveKeepsItsServer(String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "the end of a LISTEN is not told yet  | open >listen <LISTEN,Z            | listen ASKCHANNELS | LISTEN"
                        + " | active/tested",
                "not before it is listened to elsewhere | open >listen <LISTEN,Z <CHANNEL,C,Z <C,Z | listen ASKCHANNELS"
                        + " CLEANCHANNELS | LISTEN | idle/idle",
                "then it is                           | open >listen <LISTEN,Z <CHANNEL,C,Z <C,Z moved | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN Z | idle/idle",
                "others have the server meanwhile     | open >listen <LISTEN,Z other <CHANNEL,C,Z <C,Z | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN | idle/idle other-served",
                "what its client sends waits          | open >listen <LISTEN,Z >Q <CHANNEL,C,Z <C,Z >Q | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN | idle/idle",
                "even a Sync                          | open >listen <LISTEN,Z >S <CHANNEL,C,Z <C,Z moved | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN Z Z | idle/idle",
                "and what is sent behind the LISTEN   | open >listen,Q <LISTEN,Z <CHANNEL,C,Z <C,Z | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN | idle/idle",
                "it finds its channels                | open >listen,Q <LISTEN,Z <CHANNEL,C,Z <C,Z moved <C,Z |"
                        + " listen ASKCHANNELS CLEANCHANNELS RLISTEN Q | LISTEN Z | active/active",
                "and leaves none                      | open >listen,Q <LISTEN,Z <CHANNEL,C,Z <C,Z moved <C,Z <C,Z <C,Z"
                        + " | listen ASKCHANNELS CLEANCHANNELS RLISTEN Q CLEANCHANNELS | LISTEN Z C Z | idle/idle",
                "a LISTEN that came to nothing        | open >listen <LISTEN,Z <C,Z <C,Z   | listen ASKCHANNELS"
                        + " CLEANCHANNELS | LISTEN Z | idle/idle",
                "nobody can listen for it             | open >listen <LISTEN,Z <CHANNEL,C,Z <C,Z unmoved | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN E08006 | closed/idle",
                "it leaves meanwhile                  | open >listen <LISTEN,Z <CHANNEL,C,Z <C,Z >X moved | listen"
                        + " ASKCHANNELS CLEANCHANNELS | LISTEN | closed/idle",
                "it is shut down meanwhile            | open >listen <LISTEN,Z <CHANNEL,C,Z <C,Z shutdown moved |"
                        + " listen ASKCHANNELS CLEANCHANNELS | LISTEN E57P01 | closed/idle",
                "UNLISTEN is seen by who listens      | open >listen,unlisten <LISTEN,Z <CHANNEL,C,Z <C,Z moved <C,Z"
                        + " <UNLISTEN,Z <C,Z <C,Z moved | listen ASKCHANNELS CLEANCHANNELS RLISTEN unlisten ASKCHANNELS"
                        + " CLEANCHANNELS | LISTEN Z UNLISTEN Z | idle/idle",
                "and costs nobody else a thing        | open >unlisten <UNLISTEN,Z         | unlisten           |"
                        + " UNLISTEN Z | idle/idle",
            })
    void whatItListensToMovesToAnotherConnection(
            String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "one who is idle has it at once       | open news                         | ''                 | news |"
                        + " idle/idle",
                "one in a transaction at its end      | open >begin <C,ZT news >Q <C,ZT news >commit <C,Z | begin Q"
                        + " commit | C ZT C ZT C news news Z | idle/idle",
                "one who waits for an answer behind it | open >Q news <C,Z                | Q                  | C news"
                        + " Z | idle/idle",
                "of two that were sent the first      | open >Q,Q news <C,Z <C,Z          | Q Q                | C news"
                        + " Z C Z | idle/idle",
                "one who is asked about at once       | open >set <SET,Z news             | set ASK            | SET Z"
                        + " news | active/tested",
                "one who keeps a server at once       | open >lock <C,Z <LOCKS,C,Z news   | lock ASKLOCKS      | C Z"
                        + " news | active/active pinned:1",
                "one who waits for a server at once   | >Q news                           | ''                 | news |"
                        + " waiting/none",
                "one who leaves not at all            | open >begin <C,ZT news >X <C,Z    | begin ROLLBACK     | C ZT"
                        + " | closed/idle",
                "what comes on its server is dropped  | open >begin <C,ZT,news            | begin              | C ZT"
                        + " | active/active",
                "but for its own while it begins      | open >listen <LISTEN,own,Z        | listen ASKCHANNELS | LISTEN"
                        + " own | active/tested",
                "and that of others is not            | open >listen <LISTEN,news,Z       | listen ASKCHANNELS | LISTEN"
                        + " | active/tested",
                "later its own comes as others do     | open >listen,Q <LISTEN,Z <CHANNEL,C,Z <C,Z moved <C,Z <C,own,Z"
                        + " <C,Z news | listen ASKCHANNELS CLEANCHANNELS RLISTEN Q CLEANCHANNELS | LISTEN Z C |"
                        + " idle/idle",
                "and is waited for                    | open >listen,Q <LISTEN,Z <CHANNEL,C,Z <C,Z moved <C,Z <C,own,Z"
                    + " <C,Z news moved | listen ASKCHANNELS CLEANCHANNELS RLISTEN Q CLEANCHANNELS | LISTEN Z C news Z"
                    + " | idle/idle",
            })
    void aNotificationComesBetweenTwoTransactions(
            String name, String events, String toServer, String toClient, String state) {
        play(events, toServer, toClient, state);
    }

    @Test
    void whoMayNotKeepAServerIsTold() {
        StatePolicy none = new StatePolicy(
                SessionState.TRACK, false, new Vocabulary(Set.of()), Set.of(), false, 0, Duration.ZERO, Set.of());
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL, none);
        scene.play("open >lock <C,Z <LOCKS,C,Z <C,Z");
        assertThat(scene.toServer()).isEqualTo("lock ASKLOCKS CLEANLOCKS");
        assertThat(scene.toClient()).isEqualTo("C Z E53400");
        assertThat(scene.state()).isEqualTo("closed/idle");
        scene.end();
    }

    private static void play(String events, String toServer, String toClient, String state) {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL, TRACK);
        scene.play(events);
        assertThat(scene.toServer()).isEqualTo(toServer);
        assertThat(scene.toClient()).isEqualTo(toClient);
        assertThat(scene.state()).isEqualTo(state);
        scene.end();
    }

    @Test
    void everythingIsSuspectedWhereThatIsConfigured() {
        StatePolicy always = new StatePolicy(
                SessionState.TRACK,
                true,
                new Vocabulary(Set.of()),
                Set.of(),
                false,
                1,
                Duration.ofMinutes(1),
                Set.of());
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL, always);
        scene.play("open >Q <C,Z <C,Z");
        assertThat(scene.toServer()).isEqualTo("Q ASKEVERY CLEANALL");
        scene.end();
    }

    @Test
    void aSessionKeepsWhatItMakes() {
        Scene scene = new Scene(PoolMode.SESSION, Snapshot.NEUTRAL, TRACK);
        scene.play("open >set <SET,Z >Q <C,Z >X <C,Z");
        assertThat(scene.toServer()).isEqualTo("set Q reset");
        assertThat(scene.state()).isEqualTo("closed/idle");
        scene.end();
    }

    @Test
    void theResetQueryRunsAlwaysWhereThatIsConfigured() {
        StatePolicy reset = new StatePolicy(
                SessionState.RESET, false, new Vocabulary(Set.of()), Set.of(), true, 1, Duration.ZERO, Set.of());
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL, reset);
        scene.play("open >Q <C,Z <C,Z");
        assertThat(scene.toServer()).isEqualTo("Q reset");
        assertThat(scene.state()).isEqualTo("idle/idle");
        scene.end();
    }

    @Test
    void nothingRunsWhereStateIsIgnored() {
        Scene scene = new Scene(PoolMode.TRANSACTION, Snapshot.NEUTRAL, StatePolicy.IGNORE);
        scene.play("open >lock <C,Z >do <DO,Z");
        assertThat(scene.toServer()).isEqualTo("lock do");
        assertThat(scene.state()).isEqualTo("idle/idle");
        scene.end();
    }
}
