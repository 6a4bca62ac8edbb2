package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No value of the configuration prints a secret, and a secret is revealed by nothing but its one verb. */
class SecretsTest {
    private static final String HUSH = "hush-hush";

    static Stream<Object> everythingWithASecretInIt() {
        DatabaseConfig database = DatabaseConfig.named("app").with(DatabaseSettings.PASSWORD, Secret.of(HUSH));
        UserConfig user = UserConfig.named("user").with(UserSettings.PASSWORD, Secret.of(HUSH));
        ProxyConfig config = ProxyConfig.defaults().with(database).with(user);
        RawValue raw = RawValue.untyped(HUSH, new Source("t"));
        return Stream.of(
                Secret.of(HUSH), database, database.values(), user, user.values(), config, raw, Settings.show(config));
    }

    @ParameterizedTest
    @MethodSource("everythingWithASecretInIt")
    void isNotPrinted(Object value) {
        assertThat(value.toString()).doesNotContain(HUSH);
    }

    @Test
    void isNotInAProblemOfItsSetting() {
        Problems problems = new Problems();
        Layer layer = new Layer(new Source("t"));
        layer.database("app", new Source("t"))
                .put("password", RawValue.untyped(HUSH + '\0', new Source("t")))
                .put("pasword", RawValue.untyped(HUSH, new Source("t")));
        new SettingsReader(List.of(layer), problems).read();

        assertThat(problems.found()).hasSizeGreaterThan(1);
        assertThat(problems.found().toString()).doesNotContain(HUSH);
    }
}
