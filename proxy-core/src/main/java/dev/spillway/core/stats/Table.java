package dev.spillway.core.stats;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A result of the console: named columns and rows of text; null is NULL. */
public record Table(List<String> columns, List<List<@Nullable String>> rows) {
    public Table {
        columns = List.copyOf(columns);
        rows = Collections.unmodifiableList(new ArrayList<>(rows));
    }
}
