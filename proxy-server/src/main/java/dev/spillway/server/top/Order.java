package dev.spillway.server.top;

import dev.spillway.server.top.PoolTable.Row;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** By what the pools are sorted, each with its key: names upwards, all else the greatest first. */
enum Order {
    DATABASE('d'),
    USER('u'),
    CLIENTS('c'),
    WAITING('w'),
    OLDEST('o'),
    SERVERS('s'),
    TRANSACTIONS('t'),
    WAIT_TIME('p'),
    TRANSACTION_TIME('x');

    private static final double SLOWEST = 0.99;

    private final char key;

    Order(char key) {
        this.key = key;
    }

    /** Those that are alike by who has waited longest, then by work and name, so that no row jumps about for nothing. */
    Comparator<Row> comparator() {
        return chosen().thenComparing(greatest(row -> row.pool().oldestWait()))
                .thenComparing(greatest(row -> row.pool().busy()))
                .thenComparing(row -> row.pool().database())
                .thenComparing(row -> row.pool().user());
    }

    private Comparator<Row> chosen() {
        return switch (this) {
            case DATABASE -> Comparator.comparing(row -> row.pool().database());
            case USER -> Comparator.comparing(row -> row.pool().user());
            case CLIENTS -> greatest(row -> row.pool().allClients());
            case WAITING -> greatest(row -> row.pool().waiting());
            case OLDEST -> greatest(row -> row.pool().oldestWait());
            case SERVERS -> greatest(row -> row.pool().busy() + row.pool().idle());
            case TRANSACTIONS -> greatest(row -> row.work().transactionsPerSecond());
            case WAIT_TIME -> greatest(row -> row.work().waitTimes().quantileSeconds(SLOWEST));
            case TRANSACTION_TIME ->
                greatest(row -> row.work().transactionTimes().quantileSeconds(SLOWEST));
        };
    }

    private static Comparator<Row> greatest(ToDoubleFunction<Row> value) {
        return Comparator.comparingDouble(value).reversed();
    }

    static Optional<Order> of(int key) {
        for (Order each : values()) {
            if (each.key == Character.toLowerCase(key)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
