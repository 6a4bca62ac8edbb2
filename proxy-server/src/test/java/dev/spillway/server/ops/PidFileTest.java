package dev.spillway.server.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PidFileTest {
    private static final String OWN = ProcessHandle.current().pid() + "\n";

    @TempDir
    private Path directory = Path.of("");

    private Path path = Path.of("");

    @BeforeEach
    void name() {
        path = directory.resolve("x.pid");
    }

    @Test
    void isThereFromWhenItIsWrittenUntilItIsRemoved() throws IOException {
        PidFile file = PidFile.claim(path.toString());
        assertThat(path).doesNotExist();
        file.write();
        assertThat(path).hasContent(OWN);
        file.remove();
        assertThat(path).doesNotExist();
    }

    @Test
    void ofALivingProcessIsRefused() throws IOException {
        long living = ProcessHandle.current().parent().orElseThrow().pid();
        for (String text : new String[] {living + "\n", "", "x"}) {
            Files.writeString(path, text);
            assertThatThrownBy(() -> PidFile.claim(path.toString()))
                    .hasMessage("pidfile '" + path + "' exists, another instance running?");
            assertThat(path).hasContent(text);
        }
    }

    @Test
    void ofADeadProcessOrWithOurOwnNumberIsStale() throws IOException {
        for (String text : new String[] {"2147483646\n", OWN}) {
            Files.writeString(path, text);
            PidFile.claim(path.toString()).write();
            assertThat(path).hasContent(OWN);
        }
    }

    @Test
    void whoeverWasQuickerKeepsIt() throws IOException {
        PidFile file = PidFile.claim(path.toString());
        Files.writeString(path, "1\n");
        assertThatThrownBy(file::write).hasMessageContaining("it is there already");
        assertThat(path).hasContent("1\n");
    }
}
