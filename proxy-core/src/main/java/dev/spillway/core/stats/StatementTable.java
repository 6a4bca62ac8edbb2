package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.session.prepared.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SHOW PREPARED_STATEMENTS. Stateless. */
public final class StatementTable {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .text("name", "hash")
            .int4("clients", "servers", "bytes")
            .int8("age")
            .text("query");

    private StatementTable() {}

    /** One row per statement, the oldest first; ages in seconds. Texts, which may hold secrets, only where {@code showsTexts}. */
    public static Table of(Collection<Statement> statements, long nowNanos, boolean showsTexts) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        statements.stream()
                .sorted(Comparator.comparingLong(statement -> statement.madeNanos() - nowNanos))
                .forEach(statement -> rows.add(row(
                        statement.toString(),
                        "%08x".formatted(statement.hash()),
                        statement.names(),
                        statement.servers(),
                        statement.bytes(),
                        (nowNanos - statement.madeNanos()) / NANOS_PER_SECOND,
                        showsTexts ? statement.text() : null)));
        return COLUMNS.table(rows);
    }
}
