package dev.spillway.core.stats;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A result of the console: typed columns, and rows of text; null is NULL. Immutable; usable by one thread at a time. */
public record Table(List<Column> columns, List<List<@Nullable String>> rows) {
    /** What a column announces itself as, by PostgreSQL's {@code pg_type}. */
    public enum Type {
        TEXT(25),
        INT4(23),
        INT8(20),
        /** {@code t} or {@code f}. */
        BOOL(16),
        /** As {@link #time} writes it. */
        TIMESTAMPTZ(1184),
        NUMERIC(1700);

        private final int oid;

        Type(int oid) {
            this.oid = oid;
        }

        public int oid() {
            return oid;
        }
    }

    /** A column's name and type. */
    public record Column(String name, Type type) {}

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSx", Locale.ROOT);

    /** For cells that are added to a row. */
    private static final int ROOM = 8;

    public Table {
        columns = List.copyOf(columns);
        rows = Collections.unmodifiableList(new ArrayList<>(rows));
    }

    /** Columns before their rows: each call adds those it names. Immutable. */
    record Columns(List<Column> all) {
        static final Columns NONE = new Columns(List.of());

        Columns text(String... names) {
            return with(Type.TEXT, names);
        }

        Columns int4(String... names) {
            return with(Type.INT4, names);
        }

        Columns int8(String... names) {
            return with(Type.INT8, names);
        }

        Columns timestamp(String... names) {
            return with(Type.TIMESTAMPTZ, names);
        }

        Columns numeric(String... names) {
            return with(Type.NUMERIC, names);
        }

        private Columns with(Type type, String... names) {
            Stream<Column> more = Arrays.stream(names).map(name -> new Column(name, type));
            return new Columns(Stream.concat(all.stream(), more).toList());
        }

        Table table(List<List<@Nullable String>> rows) {
            return new Table(all, rows);
        }
    }

    /** One cell, for what is no table of the console's. */
    public static Table of(String column, Type type, @Nullable String value) {
        return new Table(List.of(new Column(column, type)), List.of(row(value)));
    }

    /** A moment as PostgreSQL writes it in the time zone of the console, which is GMT. */
    public static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC));
    }

    /** The moment that {@link #time} has written. */
    public static Instant moment(String text) {
        return TIME.parse(text, Instant::from);
    }

    /** A row, or the beginning of one, that its caller may add to. */
    static List<@Nullable String> row(@Nullable Object... values) {
        List<@Nullable String> row = new ArrayList<>(values.length + ROOM);
        for (Object value : values) {
            row.add(value == null ? null : value.toString());
        }
        return row;
    }
}
