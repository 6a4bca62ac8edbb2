package dev.spillway.testkit;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What all clients of one oracle run have seen; thread-safe. */
final class OracleLedger {
    /** A row that a client wrote. */
    record Row(int client, long sequence) {}

    private static final int MAX_MISMATCHES = 20;

    private final LongSupplier announcedLosses;
    private final Supplier<String> diagnosis;
    private final AtomicBoolean isDiagnosed = new AtomicBoolean();
    private final LongAdder exchanges = new LongAdder();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final AtomicLong losses = new AtomicLong();
    private final List<String> mismatches = new CopyOnWriteArrayList<>();
    private final Set<Row> committed = ConcurrentHashMap.newKeySet();
    private final Set<Row> inDoubt = ConcurrentHashMap.newKeySet();

    OracleLedger(LongSupplier announcedLosses, Supplier<String> diagnosis) {
        this.announcedLosses = announcedLosses;
        this.diagnosis = diagnosis;
    }

    void countExchange() {
        exchanges.increment();
    }

    void countError(String sqlState) {
        errors.computeIfAbsent(sqlState, state -> new LongAdder()).increment();
    }

    /** False where more are lost than the chaos has announced. */
    boolean countLoss() {
        return losses.incrementAndGet() <= announcedLosses.getAsLong();
    }

    void mismatch(String detail) {
        boolean isFirst = isDiagnosed.compareAndSet(false, true);
        if (mismatches.size() < MAX_MISMATCHES) {
            mismatches.add(isFirst ? detail + "\n" + diagnosis.get() : detail);
        }
    }

    boolean isBroken() {
        return mismatches.size() >= MAX_MISMATCHES;
    }

    /** The rows may be there from now on: their commit is about to be sent. */
    void doubtful(Set<Row> rows) {
        inDoubt.addAll(rows);
    }

    /** The server has confirmed the commit: the rows must be there. */
    void committed(Set<Row> rows) {
        committed.addAll(rows);
        inDoubt.removeAll(rows);
    }

    /** The server has confirmed the rollback: the rows must not be there. */
    void rolledBack(Set<Row> rows) {
        inDoubt.removeAll(rows);
    }

    Set<Row> committed() {
        return committed;
    }

    boolean mayExist(Row row) {
        return committed.contains(row) || inDoubt.contains(row);
    }

    OracleReport report(long seed, long rowsVerified) {
        Map<String, Long> byState = new TreeMap<>();
        errors.forEach((state, count) -> byState.put(state, count.sum()));
        return new OracleReport(seed, exchanges.sum(), byState, losses.get(), rowsVerified, List.copyOf(mismatches));
    }
}
