package dev.spillway.core.stats;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A result of the console: named columns, their types, and rows of text; null is NULL. */
public record Table(List<String> columns, List<Type> types, List<List<@Nullable String>> rows) {
    /** What a column announces itself as. */
    public enum Type {
        TEXT(25),
        INT4(23),
        INT8(20);

        private final int oid;

        Type(int oid) {
            this.oid = oid;
        }

        /** From PostgreSQL's pg_type. */
        public int oid() {
            return oid;
        }
    }

    public Table {
        columns = List.copyOf(columns);
        types = List.copyOf(types);
        rows = Collections.unmodifiableList(new ArrayList<>(rows));
    }
}
