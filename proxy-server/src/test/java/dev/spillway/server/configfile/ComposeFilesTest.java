package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the examples in docker/ set are settings, with values that they may have. */
class ComposeFilesTest {
    private static final Pattern VARIABLE =
            Pattern.compile("^ +((?:SPILLWAY|DB|DATABASE)_[A-Z_]+): +\"?([^\"\n]*)\"?$", Pattern.MULTILINE);

    private static String read(String file) throws IOException {
        Path here = Path.of("").toAbsolutePath();
        return Files.readString((Files.exists(here.resolve("docker")) ? here : here.resolve("..")).resolve(file));
    }

    private static ProxyConfig config(String yaml) throws ConfigException {
        Map<String, String> environment = new HashMap<>();
        Matcher variable = VARIABLE.matcher(yaml);
        while (variable.find()) {
            environment.put(variable.group(1), variable.group(2));
        }
        return ConfigLoader.loadQuietly(
                null, environment, Map.of(), doubt -> assertThat(doubt).isNull());
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker/compose.yaml", "docker/compose.fleet.yaml"})
    void whatIsSetIsASetting(String file) throws IOException, ConfigException {
        ProxyConfig config = config(read(file));
        assertThat(config.database("postgres")).isNotNull().returns("postgres", DatabaseConfig::host);
        assertThat(config.listenAddr()).containsExactly("127.0.0.1");
    }

    @Test
    void theSpillwaysOfTheFleetAreOne() throws IOException, ConfigException {
        assertThat(config(read("docker/compose.fleet.yaml")).capacity().fleet()).isEqualTo("shop");
        assertThat(config(read("docker/compose.yaml")).capacity().fleet()).isNull();
    }

    @Test
    void whatIsMisspeltIsFound() throws IOException {
        String yaml = read("docker/compose.fleet.yaml");
        assertThatThrownBy(() -> config(yaml.replace("SPILLWAY_FLEET:", "SPILLWAY_FLEAT:")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("SPILLWAY_FLEET");
        assertThatThrownBy(() -> config(yaml.replace("\"40\"", "\"many\""))).isInstanceOf(ConfigException.class);
    }
}
