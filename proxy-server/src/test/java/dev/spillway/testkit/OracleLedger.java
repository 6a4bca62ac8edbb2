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
    private final AtomicLong lossCount = new AtomicLong();
    private final Map<String, LongAdder> losses = new ConcurrentHashMap<>();
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
        count(errors, sqlState);
    }

    private static void count(Map<String, LongAdder> in, String key) {
        in.computeIfAbsent(key, none -> new LongAdder()).increment();
    }

    /** {@code how} is the SQLSTATE of the client's last words, or says that there were none. False where more are lost than announced. */
    boolean countLoss(String how) {
        count(losses, how);
        return lossCount.incrementAndGet() <= announcedLosses.getAsLong();
    }

    void mismatch(String detail) {
        boolean isFirst = isDiagnosed.compareAndSet(false, true);
        if (mismatches.size() < MAX_MISMATCHES) {
            mismatches.add(isFirst ? detail + "\n" + diagnosis.get() : detail);
        }
    }

    /** Is there a mismatch? */
    boolean isDiagnosed() {
        return isDiagnosed.get();
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

    Set<Row> committed() {
        return committed;
    }

    boolean mayExist(Row row) {
        return committed.contains(row) || inDoubt.contains(row);
    }

    OracleReport report(long seed, long rowsVerified) {
        return new OracleReport(
                seed,
                exchanges.sum(),
                sums(errors),
                sums(losses),
                rowsVerified,
                inDoubt.size(),
                List.copyOf(mismatches));
    }

    private static Map<String, Long> sums(Map<String, LongAdder> of) {
        Map<String, Long> sums = new TreeMap<>();
        of.forEach((key, count) -> sums.put(key, count.sum()));
        return sums;
    }
}
