package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a client got its server, asked and was last answered: for the statistics of its pool, and for the time limits of
 * the client. One per client, told by its session. It reads no clock.
 */
// hot: asked once per statement, ready once per answer
final class LeaseClock {
    /** What a client is doing, as far as time limits care. */
    enum Doing {
        /** It waits for an answer of its server. */
        ASKING,
        /** It has a server in a transaction or group, which waits for it. */
        HOLDING,
        /** Nothing. */
        IDLING;

        /** What a client does that holds {@code server}. */
        static Doing with(@Nullable ServerSession server) {
            if (server == null) {
                return IDLING;
            }
            if (server.pipelined() > 0) {
                return ASKING;
            }
            return server.isReleasable() ? IDLING : HOLDING;
        }
    }

    private PoolCounters counters;
    private long leaseNanos;
    private long transactionNanos;
    private long statementNanos;
    private long requestNanos;
    private long quietNanos;
    private int answered;
    private boolean isInTransaction;
    /** How long it waited for its server, if nothing has ended since. */
    private long waitNanos;

    LeaseClock(PoolCounters counters, long nowNanos) {
        this.counters = counters;
        this.quietNanos = nowNanos;
        this.requestNanos = nowNanos;
    }

    /** The client's next server comes from another pool. */
    void countIn(PoolCounters next) {
        counters = next;
    }

    /** A server was linked, for which the client has waited so long. */
    void linked(long nowNanos, long waitedNanos) {
        waitNanos = waitedNanos;
        leaseNanos = nowNanos;
        transactionNanos = nowNanos;
        statementNanos = nowNanos;
        requestNanos = nowNanos;
        answered = 0;
        isInTransaction = false;
    }

    /** A statement is sent, and nothing was under way. */
    void asked(long nowNanos) {
        statementNanos = nowNanos;
        requestNanos = nowNanos;
        if (!isInTransaction) {
            transactionNanos = nowNanos; // a session's server is linked long before
        }
    }

    /** A ReadyForQuery has come for {@code client}, of this transaction status. */
    void ready(byte status, long nowNanos, ClientSession client) {
        answered++;
        long queryNanos = nowNanos - statementNanos;
        counters.queried(queryNanos);
        statementNanos = nowNanos;
        StatementTexts texts = client.input().texts();
        if (texts != null) {
            texts.answered(queryNanos);
        }
        isInTransaction = status != 'I';
        if (!isInTransaction) {
            endTransaction(nowNanos - transactionNanos, client, texts);
            transactionNanos = nowNanos;
        }
    }

    private void endTransaction(long nanos, ClientSession client, @Nullable StatementTexts texts) {
        counters.transacted(nanos);
        if (nanos >= client.pool().slow().nanos()) {
            SlowTransaction.tell(client, nanos, waitNanos);
        }
        waitNanos = 0;
        if (texts != null) {
            texts.endTransaction();
        }
    }

    /** Everything is answered. */
    void quiet(long nowNanos) {
        quietNanos = nowNanos;
    }

    /** When it last asked for something, of what was sent together the first. */
    long requestNanos() {
        return requestNanos;
    }

    boolean isInTransaction() {
        return isInTransaction;
    }

    /** Since when the client is at {@code what}, if it is. */
    long sinceNanos(Stay.What what) {
        return switch (what) {
            case QUERY -> statementNanos;
            case TRANSACTION -> transactionNanos;
            case IDLE_IN_TRANSACTION, PIN -> quietNanos;
        };
    }

    /** Was the server linked longer ago than this? */
    boolean isLeaseLongerThan(long nanos, long nowNanos) {
        return nowNanos - leaseNanos > nanos;
    }

    /** How many ReadyForQuery have come since the server was linked. */
    int answered() {
        return answered;
    }

    /** The error that ends a client which has taken too long, or null. */
    @Nullable
    ErrorFields overdue(Doing doing, TimeLimits limits, long nowNanos) {
        return switch (doing) {
            case ASKING -> {
                ErrorFields error = overdue(ProxyError.QUERY_TIMEOUT, limits.query(), statementNanos, nowNanos);
                yield error == null ? overdueTransaction(limits, nowNanos) : error;
            }
            case HOLDING -> {
                ErrorFields error =
                        overdue(ProxyError.IDLE_TRANSACTION_TIMEOUT, limits.idleTransaction(), quietNanos, nowNanos);
                yield error == null ? overdueTransaction(limits, nowNanos) : error;
            }
            case IDLING -> overdue(ProxyError.CLIENT_IDLE_TIMEOUT, limits.idle(), quietNanos, nowNanos);
        };
    }

    /** The same for one that keeps a server for {@code what} and asks for nothing. */
    @Nullable
    ErrorFields overduePin(Duration limit, String what, long nowNanos) {
        boolean isOver = limit.isPositive() && nowNanos - quietNanos > limit.toNanos();
        return isOver ? ProxyError.PIN_IDLE_TIMEOUT.fields(limit.toMillis(), what) : null;
    }

    private @Nullable ErrorFields overdueTransaction(TimeLimits limits, long nowNanos) {
        return overdue(ProxyError.TRANSACTION_TOO_LONG, limits.transaction(), transactionNanos, nowNanos);
    }

    private static @Nullable ErrorFields overdue(ProxyError error, Duration limit, long sinceNanos, long nowNanos) {
        boolean isOver = limit.isPositive() && nowNanos - sinceNanos > limit.toNanos();
        return isOver ? error.fields(limit.toMillis()) : null;
    }
}
