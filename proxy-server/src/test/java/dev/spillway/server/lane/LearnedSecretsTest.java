package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.auth.ScramKeys;
import dev.spillway.core.auth.ScramVerifier;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.Secret;
import org.junit.jupiter.api.Test;

class LearnedSecretsTest {
    private static final StoredSecret PLAIN = new StoredSecret.Plain(Secret.of("pencil"));
    private static final ScramVerifier FIRST = ScramVerifier.derive(Secret.of("pencil"), new byte[] {7}, 2);
    private static final ScramVerifier SECOND = ScramVerifier.derive(Secret.of("eraser"), new byte[] {7}, 2);
    private static final ScramKeys KEYS = new ScramKeys(FIRST, new byte[32]);

    private final LearnedSecrets learned = new LearnedSecrets();

    @Test
    void whatWasLearnedInOneDatabaseIsNothingToAnother() {
        learned.learn("a", "alice", PLAIN);
        assertThat(learned.orKnown("a", "alice", null)).isEqualTo(PLAIN);
        assertThat(learned.orKnown("b", "alice", null)).isNull();
        assertThat(learned.orKnown("a", "bob", null)).isNull();
    }

    @Test
    void whatIsConfiguredGoesFirst() {
        learned.learn("a", "alice", PLAIN);
        StoredSecret configured = new StoredSecret.Plain(Secret.of("eraser"));
        assertThat(learned.orKnown("a", "alice", configured)).isEqualTo(configured);
    }

    @Test
    void passwordThatAnotherFoundRightGoesFirstUntilSomebodyLogsInOtherwise() {
        StoredSecret configured = new StoredSecret.Plain(Secret.of("eraser"));
        learned.learnJudged("a", "alice", PLAIN);
        assertThat(learned.orKnown("a", "alice", configured)).isEqualTo(PLAIN);
        assertThat(learned.orKnown("a", "alice", FIRST)).isEqualTo(PLAIN);
        assertThat(learned.orKnown("b", "alice", configured)).isEqualTo(configured);
        learned.learn("a", "alice", null);
        assertThat(learned.orKnown("a", "alice", configured)).isEqualTo(configured);
        assertThat(learned.orKnown("a", "alice", null)).isNull();
    }

    @Test
    void keysServeTheVerifierThatTheyFitAndNoOther() {
        learned.learn("a", "alice", KEYS);
        assertThat(learned.orKnown("a", "alice", FIRST)).isEqualTo(KEYS);
        assertThat(learned.orKnown("a", "alice", SECOND)).isEqualTo(SECOND);
    }

    @Test
    void keysOutliveALookupThatFindsTheirVerifierAgain() {
        learned.learn("a", "alice", KEYS);
        learned.learn("a", "alice", FIRST);
        assertThat(learned.orKnown("a", "alice", null)).isEqualTo(KEYS);
        learned.learn("a", "alice", SECOND);
        assertThat(learned.orKnown("a", "alice", null)).isEqualTo(SECOND);
    }

    @Test
    void memoryIsBounded() {
        for (int i = 0; i < 20_100; i++) {
            learned.learn("db" + i, "alice", PLAIN);
        }
        int known = 0;
        for (int i = 0; i < 20_100; i++) {
            known += learned.orKnown("db" + i, "alice", null) == null ? 0 : 1;
        }
        assertThat(known).isEqualTo(20_000);
    }
}
