package dev.spillway.server.admin;

import dev.spillway.core.stats.Table;
import dev.spillway.core.stats.Table.Column;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of a table, all of which are there. */
final class TableRows implements RowSource {
    /** Of whatever is shown, as in PgBouncer. */
    static final String TAG = "SHOW";

    private final Table table;
    private int next;

    TableRows(Table table) {
        this.table = table;
    }

    @Override
    public List<Column> columns() {
        return table.columns();
    }

    @Override
    public String tag() {
        return TAG;
    }

    @Override
    public void whenMore(Runnable action) {
        action.run();
    }

    @Override
    public void look() {}

    @Override
    public @Nullable List<@Nullable String> poll() {
        return hasRows() ? table.rows().get(next++) : null;
    }

    @Override
    public boolean hasRows() {
        return next < table.rows().size();
    }

    @Override
    public boolean isDrained() {
        return !hasRows();
    }

    @Override
    public String why() {
        return "";
    }

    @Override
    public void stop(String why) {}
}
