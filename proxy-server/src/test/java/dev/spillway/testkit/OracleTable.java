package dev.spillway.testkit;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The table that the oracle's clients write, made and verified over connections that do not pass through what is under test. */
final class OracleTable {
    private static final long CREATE_LOCK = 20260117;

    private final Endpoint endpoint;
    private final long run;

    OracleTable(Endpoint endpoint, long run) throws IOException {
        this.endpoint = endpoint;
        this.run = run;
        try (WireClient control = connect()) {
            control.query("select pg_advisory_lock(%d)".formatted(CREATE_LOCK));
            control.query("create table if not exists oracle_log (run bigint, client int, seq bigint)");
            control.query("grant all on oracle_log to public");
            control.query("select pg_advisory_unlock(%d)".formatted(CREATE_LOCK));
        }
    }

    private WireClient connect() throws IOException {
        return WireClient.connect(endpoint, Map.of(), Duration.ofSeconds(60));
    }

    /** Compares what is there with what was confirmed; returns how many rows were found that had to be there. */
    long verify(OracleLedger ledger) throws IOException {
        try (WireClient control = connect()) {
            return verify(ledger, control);
        }
    }

    private long verify(OracleLedger ledger, WireClient control) throws IOException {
        // Waits for transactions of clients that have left, so that a late commit of theirs is seen.
        control.query("begin; lock table oracle_log in access exclusive mode");
        Set<OracleLedger.Row> found = new HashSet<>();
        for (BackendMessage message : control.query("select client, seq from oracle_log where run = " + run)) {
            if (message.is('D')) {
                OracleLedger.Row row = row(message);
                if (!found.add(row)) {
                    ledger.mismatch("row committed twice: " + row);
                }
                if (!ledger.mayExist(row)) {
                    ledger.mismatch("row that was never committed: " + row);
                }
            }
        }
        for (OracleLedger.Row row : ledger.committed()) {
            if (!found.contains(row)) {
                ledger.mismatch("row confirmed as committed, but missing: " + row);
            }
        }
        control.query("delete from oracle_log where run = %d; commit".formatted(run));
        found.retainAll(ledger.committed());
        return found.size();
    }

    private static OracleLedger.Row row(BackendMessage message) {
        List<String> columns =
                message.columns().stream().map(Objects::requireNonNull).toList();
        return new OracleLedger.Row(Integer.parseInt(columns.get(0)), Long.parseLong(columns.get(1)));
    }
}
