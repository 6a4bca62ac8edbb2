package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.Transcript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole conversations, compared with recorded ones: through Spillway and directly they read the same. {@code
 * -Dspillway.test.record=true} records them anew, from PostgreSQL.
 */
class TranscriptIT {
    private static final Path FOLDER = Path.of("src", "test", "resources", "transcripts");

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    /** What is said; the file has the same name. */
    enum Conversation {
        SIMPLE_QUERY {
            @Override
            void hold(Transcript talk) throws IOException {
                talk.send(Messages.query("select 1 as a, null as b; select 'x'"))
                        .until('Z');
                talk.send(Messages.query("")).until('Z');
                talk.send(Messages.terminate());
            }
        },
        EXTENDED_QUERY {
            @Override
            void hold(Transcript talk) throws IOException {
                talk.send(
                                Messages.parse("s", "select $1::text from generate_series(1, 2)", 25),
                                Messages.describeStatement("s"),
                                Messages.bind("p", "s", "v"),
                                Messages.describePortal("p"),
                                Messages.execute("p", 1),
                                Messages.execute("p", 0),
                                Messages.closePortal("p"),
                                Messages.closeStatement("s"),
                                Messages.sync())
                        .until('Z');
            }
        },
        ERROR_IN_TRANSACTION {
            @Override
            void hold(Transcript talk) throws IOException {
                talk.send(Messages.query("begin")).until('Z');
                talk.send(Messages.query("select 1/0")).until('Z');
                talk.send(Messages.parse("", "select 1"), Messages.bind("", ""), Messages.sync())
                        .until('Z');
                talk.send(Messages.query("rollback")).until('Z');
            }
        },
        COPY_IN {
            @Override
            void hold(Transcript talk) throws IOException {
                talk.send(Messages.query("begin; create table transcript (v text); copy transcript from stdin"))
                        .until('G');
                talk.send(Messages.copyData("a\nb\n"), Messages.copyDone()).until('Z');
                talk.send(Messages.query("copy transcript to stdout")).until('Z');
                talk.send(Messages.query("copy transcript from stdin")).until('G');
                talk.send(Messages.copyFail("changed my mind")).until('Z');
                talk.send(Messages.query("rollback")).until('Z');
            }
        };

        abstract void hold(Transcript talk) throws IOException;

        Path file() {
            return FOLDER.resolve(name().toLowerCase(Locale.ROOT) + ".txt");
        }
    }

    @ParameterizedTest
    @EnumSource(Conversation.class)
    void conversationIsTheRecordedOne(Conversation conversation) throws IOException {
        if (Boolean.getBoolean("spillway.test.record")) {
            Files.createDirectories(FOLDER);
            Files.writeString(conversation.file(), heard(conversation, direct));
        }
        String recorded = Files.readString(conversation.file());
        assertThat(heard(conversation, direct)).as("directly").isEqualTo(recorded);
        for (PoolMode mode : List.of(PoolMode.SESSION, PoolMode.TRANSACTION)) {
            try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), mode, 1))) {
                assertThat(heard(conversation, direct.withPort(proxy.proxy().port())))
                        .as("through Spillway, %s mode", mode)
                        .isEqualTo(recorded);
            }
        }
    }

    private static String heard(Conversation conversation, Endpoint endpoint) throws IOException {
        try (Transcript talk = Transcript.of(endpoint)) {
            conversation.hold(talk);
            return talk.text();
        }
    }
}
