package dev.spillway.server.configfile;

import dev.spillway.core.config.Layer;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.RawTable;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.RawValue.Kind;
import dev.spillway.core.config.Source;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** One TOML file: settings at the top, {@code [databases.NAME]} and {@code [users.NAME]} below. Used by one thread. */
final class TomlFile {
    private static final List<String> TABLES = List.of("databases", "users");

    private final Path file;
    private final String name;
    private final Problems problems;
    private final Layer layer;

    TomlFile(Path file, Problems problems) {
        this.file = file;
        this.name = file.toString();
        this.problems = problems;
        this.layer = new Layer(Source.file(name));
    }

    /** The layer, marked as unreadable if the file is no TOML or cannot be read. */
    Layer read() {
        try {
            read(Toml.parse(Files.readString(file)));
        } catch (IOException e) {
            problems.add(Source.file(name), "cannot be read: " + FileProblem.of(e));
            layer.markUnreadable();
        }
        return layer;
    }

    private void read(TomlParseResult toml) {
        if (toml.hasErrors()) {
            toml.errors().forEach(error -> problems.add(source(error.position()), syntaxError(error.getMessage())));
            layer.markUnreadable();
            return;
        }
        for (String key : keys(toml)) {
            Object value = value(toml, key);
            switch (key) {
                case "databases" -> readTables(key, value, source(toml, key), layer::database);
                case "users" -> readTables(key, value, source(toml, key), layer::user);
                default -> readTop(toml, key, value);
            }
        }
    }

    /** tomlj quotes what it stumbled over, which may be a password. */
    private static String syntaxError(@Nullable String message) {
        String text = message == null ? "" : message.replaceFirst("^Unexpected .*?, expected", "expected");
        return "is not TOML here" + (text.startsWith("expected") ? ": " + text : "");
    }

    private void readTop(TomlTable toml, String key, Object value) {
        if (value instanceof TomlTable) {
            problems.addUnknown(source(toml, key), "table", key, "", TABLES);
        } else {
            put(layer.global(), toml, key);
        }
    }

    private void readTables(String kind, Object value, Source source, BiFunction<String, Source, RawTable> newTable) {
        if (!(value instanceof TomlTable tables)) {
            problems.add(source, kind + " must be tables [" + kind + ".NAME]");
            return;
        }
        if (tables.isEmpty() && kind.equals("databases")) {
            layer.allowNoDatabase();
        }
        for (String key : keys(tables)) {
            Source place = source(tables, key);
            if (value(tables, key) instanceof TomlTable table) {
                RawTable raw = newTable.apply(key, place);
                keys(table).forEach(setting -> put(raw, table, setting));
            } else {
                problems.add(place, "'" + key + "' must be a table [" + kind + "." + key + "]");
            }
        }
    }

    private void put(RawTable raw, TomlTable toml, String key) {
        Source source = source(toml, key);
        switch (value(toml, key)) {
            case String text -> raw.put(key, new RawValue(Kind.STRING, text, source));
            case Long number -> raw.put(key, new RawValue(Kind.INTEGER, number.toString(), source));
            case Double number -> raw.put(key, new RawValue(Kind.FLOAT, plain(number), source));
            case Boolean flag -> raw.put(key, new RawValue(Kind.BOOLEAN, flag.toString(), source));
            case TomlArray array -> putArray(raw, key, array, source);
            case TomlTable table -> problems.add(source, "'" + key + "' must be a value, not a table");
            default -> problems.add(source, "'" + key + "' must not be a date or time");
        }
    }

    private void putArray(RawTable raw, String key, TomlArray array, Source source) {
        List<Object> items = array.toList();
        boolean areNames =
                items.stream().allMatch(item -> item instanceof String text && !text.isBlank() && !text.contains(","));
        if (areNames) {
            raw.put(key, new RawValue(Kind.ARRAY, String.join(",", items.toArray(String[]::new)), source));
        } else {
            problems.add(source, "'" + key + "' must have strings in its array, neither empty nor with a comma");
        }
    }

    /** Without an exponent: 0.0001, not 1.0E-4. */
    private static String plain(double number) {
        return Double.isFinite(number) ? BigDecimal.valueOf(number).toPlainString() : Double.toString(number);
    }

    /** In the order of the file, in which a person will look for the problems. */
    private static List<String> keys(TomlTable table) {
        return table.keySet().stream()
                .sorted(Comparator.comparingInt(key -> line(table.inputPositionOf(List.of(key)))))
                .toList();
    }

    private static Object value(TomlTable table, String key) {
        return Objects.requireNonNull(table.get(List.of(key)));
    }

    private Source source(TomlTable table, String key) {
        return source(table.inputPositionOf(List.of(key)));
    }

    private Source source(@Nullable TomlPosition position) {
        return Source.line(name, line(position));
    }

    private static int line(@Nullable TomlPosition position) {
        return position == null ? 1 : position.line();
    }
}
