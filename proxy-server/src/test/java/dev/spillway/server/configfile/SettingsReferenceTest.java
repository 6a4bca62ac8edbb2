package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents that are made from the registry are what the registry says; {@code -Dwrite=true} makes them so. */
class SettingsReferenceTest {
    private static final Path SAMPLE = root().resolve("config/spillway.toml");
    private static final Path REFERENCE = root().resolve("docs/settings.md");

    @TempDir
    Path directory;

    @Test
    void sampleFileIsWhatTheRegistrySays() throws IOException {
        check(SAMPLE, SettingsDocuments.sample());
    }

    @Test
    void referencePageIsWhatTheRegistrySays() throws IOException {
        check(REFERENCE, SettingsDocuments.reference());
    }

    @Test
    void everySettingIsInBothDocuments() {
        for (Setting<?> setting : allSettings()) {
            assertThat(SettingsDocuments.sample()).contains("\n#" + setting.name() + " = ");
            assertThat(SettingsDocuments.reference()).contains("\n| `" + setting.name() + "` |");
        }
        EnvironmentLayers.NOT_SETTINGS.forEach(
                name -> assertThat(SettingsDocuments.reference()).contains("`" + name + "`"));
    }

    @Test
    void whatOfPgbouncersHasNoEffectIsOnThePageAboutIt() throws IOException {
        String page = Files.readString(root().resolve("docs/from-pgbouncer.md"));
        String named = page.substring(page.indexOf("## What has no effect"));
        for (PgBouncerSetting setting : PgBouncerSettings.ALL) {
            assertThat(named.contains("`" + setting.name() + "`"))
                    .as(setting.name())
                    .isEqualTo(!setting.isEffective());
        }
    }

    @Test
    void sampleWithEveryLineUncommentedIsTheBuiltInDefault() throws Exception {
        String uncommented = SettingsDocuments.sample().replaceAll("(?m)^#(?! )", "");
        Path file = Files.writeString(directory.resolve("spillway.toml"), uncommented);

        ProxyConfig config = ConfigLoader.load(file, Map.of(), Map.of());

        ProxyConfig withoutTables = new ProxyConfig(config.values(), Map.of(), Map.of());
        assertThat(withoutTables).isEqualTo(ProxyConfig.defaults());
        DatabaseConfig database = Objects.requireNonNull(config.database("app"));
        assertThat(database.host()).isEqualTo(DatabaseConfig.named("app").host());
        assertThat(database.dbname()).isEqualTo("app_production");
        UserConfig user = Objects.requireNonNull(config.users().get("app"));
        assertThat(user.password()).isNotNull();
    }

    @Test
    void sampleAsItIsSaysNothing() throws Exception {
        Path file = Files.writeString(directory.resolve("spillway.toml"), SettingsDocuments.sample());
        Map<String, String> environment = Map.of("DATABASE_URL", "postgres://u:p@db/app");

        assertThat(ConfigLoader.load(file, environment, Map.of()))
                .isEqualTo(ConfigLoader.load(null, environment, Map.of()));
    }

    private static List<Setting<?>> allSettings() {
        return Stream.of(Settings.global(), Settings.database(), Settings.user())
                .flatMap(List::stream)
                .toList();
    }

    private static void check(Path file, String wanted) throws IOException {
        if (Boolean.getBoolean("write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, wanted);
        }
        assertThat(file).exists();
        assertThat(Files.readString(file))
                .as("%s lags behind the registry; this makes it anew: %s", file, SettingsDocuments.REWRITE)
                .isEqualTo(wanted);
    }

    private static Path root() {
        Path module =
                Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize();
        return module.resolveSibling("");
    }
}
