package dev.spillway.server.configfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.Layer;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Source;
import dev.spillway.server.configfile.ConnectionString.MalformedConnectionStringException;
import dev.spillway.server.configfile.PgBouncerSetting.MalformedValueException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code pgbouncer.ini} and what it includes. Used by one thread.
 *
 * <p>As in PgBouncer, a later value replaces an earlier one, and that of a database or user as a whole; a second
 * {@code [pgbouncer]} begins with the defaults again; files are included as if their lines stood there, and a relative name
 * starts at the working directory. Unlike PgBouncer, it goes on after a problem, to report all of them.
 */
final class PgBouncerFile {
    private static final String MAIN = "pgbouncer";
    private static final List<String> SECTIONS = List.of("databases", "users", MAIN, "peers");
    private static final Set<String> PEER_KEYS = new TreeSet<>(Set.of("host", "port", "pool_size"));
    private static final Pattern FIRST_LINE = Pattern.compile("\\[(databases|users|pgbouncer|peers)].*|%include\\s.*");
    private static final int MAX_INCLUDES = 10;
    private static final char REPLACEMENT = '\uFFFD';

    private final Path file;
    private final Problems problems;
    private final Problems doubts = new Problems();
    private final List<Ineffective> ineffective = new ArrayList<>();
    private final Layer layer;
    private final Map<String, Written> settings = new LinkedHashMap<>();
    private final Map<String, Written> databases = new LinkedHashMap<>();
    private final Map<String, Written> users = new LinkedHashMap<>();
    private @Nullable String section;
    private boolean hasMain;
    private boolean isWhole = true;

    /** A value and its place; it may be a password. */
    private record Written(String value, Source source) {
        @Override
        public String toString() {
            return "Written[" + source + "]";
        }
    }

    PgBouncerFile(Path file, Problems problems) {
        this.file = file;
        this.problems = problems;
        this.layer = new Layer(Source.file(file.toString()));
    }

    /** By its name, or by its first line where the name says nothing. */
    static boolean isOne(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".ini") || name.endsWith(".toml")) {
            return name.endsWith(".ini");
        }
        try {
            return new String(Files.readAllBytes(file), UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith(";") && !line.startsWith("#"))
                    .findFirst()
                    .filter(line -> FIRST_LINE.matcher(line).matches())
                    .isPresent();
        } catch (IOException e) {
            // Whoever reads it next says so.
            return false;
        }
    }

    /** The layer, marked as unreadable if something is missing that could not be read. */
    Layer read() {
        readFile(file.toString(), Source.file(file.toString()), 0);
        if (!hasMain && isWhole) {
            problems.add(Source.file(file.toString()), "has no section [pgbouncer]");
        }
        layer.doubtOnly(doubts);
        layer.allowNoDatabase();
        if (databases.isEmpty()) {
            doubts.add(Source.file(file.toString()), "no database is configured");
        }
        settings.forEach(this::putSetting);
        databases.forEach(this::putDatabase);
        users.forEach((name, written) -> PgBouncerTarget.user(name, written.source, problems, doubts, ineffective)
                .read(written.value)
                .put(layer.user(name, written.source)));
        return layer;
    }

    /** What is strange and works all the same. */
    Problems doubts() {
        return doubts;
    }

    /** What was read and has no effect. */
    List<Ineffective> ineffective() {
        return List.copyOf(ineffective);
    }

    private void readFile(String name, Source from, int depth) {
        if (depth > MAX_INCLUDES) {
            unreadable(from, "files include each other too deeply here");
            return;
        }
        String text;
        try {
            text = new String(Files.readAllBytes(Path.of(name)), UTF_8);
        } catch (IOException e) {
            unreadable(from, (depth == 0 ? "" : "the included " + name + " ") + "cannot be read: " + FileProblem.of(e));
            return;
        } catch (InvalidPathException e) {
            unreadable(from, "this is no name of a file: " + e.getReason());
            return;
        }
        for (IniItem item : IniText.parse(text)) {
            Source source = Source.line(name, item.line());
            switch (item) {
                case IniItem.Broken broken -> unreadable(source, broken.problem());
                case IniItem.Include include -> readFile(include.file(), source, depth + 1);
                case IniItem.Section begun -> begin(begun.name(), source);
                case IniItem.Entry entry -> read(entry, source);
            }
        }
    }

    private void unreadable(Source source, String problem) {
        problems.add(source, problem);
        layer.markUnreadable();
        isWhole = false;
    }

    private void begin(String name, Source source) {
        section = name;
        if (name.equals(MAIN)) {
            hasMain = true;
            settings.keySet().removeIf(PgBouncerFile::hasDefault);
        } else if (!SECTIONS.contains(name)) {
            problems.addUnknown(source, "section", name, "", SECTIONS);
        }
    }

    private static boolean hasDefault(String name) {
        @Nullable PgBouncerSetting setting = PgBouncerSettings.find(name);
        return setting != null && setting.defaultText() != null;
    }

    private void read(IniItem.Entry entry, Source source) {
        Written written = new Written(entry.value(), source);
        if (section == null) {
            problems.add(source, "'" + entry.key() + "' stands before every section");
            return;
        }
        if (entry.key().indexOf(REPLACEMENT) >= 0 || entry.value().indexOf(REPLACEMENT) >= 0) {
            problems.add(source, "this is not UTF-8 text");
            return;
        }
        switch (section) {
            case MAIN -> settings.put(entry.key(), written);
            case "databases" -> databases.put(entry.key(), written);
            case "users" -> users.put(entry.key(), written);
            case "peers" -> checkPeer(entry.key(), written);
            default -> {
                // Its section was reported.
            }
        }
    }

    private void putSetting(String name, Written written) {
        @Nullable PgBouncerSetting setting = PgBouncerSettings.find(name);
        if (setting == null) {
            putOwn(name, written);
            return;
        }
        try {
            String text = setting.translate(written.value);
            if (setting.isEffective()) {
                layer.global().put(name, RawValue.untyped(text, written.source));
            } else if (!setting.isOff(text)) {
                ineffective.add(new Ineffective(written.source, name, written.value));
            }
        } catch (MalformedValueException e) {
            problems.add(written.source, name + " " + e.getMessage());
        }
    }

    /** Settings that PgBouncer does not have may stand there too. */
    private void putOwn(String name, Written written) {
        Set<String> known = new TreeSet<>();
        Settings.global().stream().map(Setting::name).forEach(known::add);
        if (known.contains(name)) {
            layer.global().put(name, RawValue.untyped(written.value, written.source));
        } else {
            PgBouncerSettings.ALL.forEach(setting -> known.add(setting.name()));
            problems.addUnknown(written.source, "setting", name, " in [pgbouncer]", known);
        }
    }

    private void putDatabase(String name, Written written) {
        PgBouncerTarget.database(name, written.source, problems, doubts, ineffective)
                .read(written.value)
                .putDatabase(layer.database(name, written.source), socketDir());
    }

    private @Nullable String socketDir() {
        @Nullable Written written = settings.get(Settings.UNIX_SOCKET_DIR.name());
        return written != null
                ? written.value
                : Objects.requireNonNull(PgBouncerSettings.find(Settings.UNIX_SOCKET_DIR.name()))
                        .defaultText();
    }

    private void checkPeer(String id, Written written) {
        if (!id.matches("0*[1-9][0-9]{0,4}") || Integer.parseInt(id) > 65_535) {
            problems.add(written.source, "peer '" + id + "' must have a number from 1 to 65535 as its name");
            return;
        }
        String what = " of peer " + id;
        try {
            Map<String, String> pairs = ConnectionString.parse(written.value);
            pairs.keySet().stream()
                    .filter(key -> !PEER_KEYS.contains(key))
                    .forEach(key -> problems.addUnknown(written.source, "setting", key, what, PEER_KEYS));
            if (!pairs.containsKey("host")) {
                problems.add(written.source, "peer " + id + " has no host");
            }
        } catch (MalformedConnectionStringException e) {
            problems.add(written.source, "peer " + id + " " + e.getMessage());
        }
        ineffective.add(new Ineffective(written.source, "peer " + id, written.value));
    }
}
