package dev.spillway.server.lane;

import dev.spillway.core.session.LogSubject;
import dev.spillway.core.stats.LineLimit;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines that a client or server can cause again and again: of each cause no more than somebody can read, and how many were
 * dropped. Confined to its lane, so each lane lets as many through.
 *
 * <p>Who is logged in is known by database and user. Who is not can call himself anything, and is known by his address.
 */
final class LimitedLines {
    private static final Logger LOG = LoggerFactory.getLogger(LimitedLines.class);
    private static final Pattern BLANK = Pattern.compile("[\\s\\p{Cntrl}]");

    private final LineLimit limit = new LineLimit();
    private final LongSupplier nowMillis;
    private final Consumer<Runnable> soon;
    private boolean isReportDue;

    /** {@code nowMillis}: the wall clock; {@code soon} runs what it is given on the lane, in about a second. */
    LimitedLines(LongSupplier nowMillis, Consumer<Runnable> soon) {
        this.nowMillis = nowMillis;
        this.soon = soon;
    }

    /** Those of the lane with that event loop. */
    static LimitedLines on(EventLoop loop, LongSupplier nowMillis) {
        return new LimitedLines(nowMillis, report -> {
            var _ = loop.schedule(report, 1, TimeUnit.SECONDS);
        });
    }

    /** May a line about {@code event} be written, of a client that is logged in or a server? */
    boolean ofPool(String event, LogSubject subject) {
        return pass(event, subject.database() + '/' + subject.user());
    }

    /** The same of somebody of whom no more is known than where he is, {@code host:port}. */
    boolean ofPeer(String event, String peer) {
        int port = peer.lastIndexOf(':');
        return pass(event, port < 0 ? peer : peer.substring(0, port));
    }

    /** The same of {@code whose} lines. */
    boolean pass(String event, String whose) {
        String cause = event + ' ' + BLANK.matcher(whose).replaceAll("_");
        long dropped = limit.pass(cause, nowMillis.getAsLong());
        if (dropped > 0) {
            tell(cause, dropped);
        }
        if (dropped < 0 && !isReportDue) {
            isReportDue = true;
            soon.accept(this::report);
        }
        return dropped >= 0;
    }

    private void report() {
        isReportDue = false;
        limit.takeDropped().forEach(LimitedLines::tell);
    }

    private static void tell(String cause, long count) {
        LOG.warn("lines dropped count={}: {}", count, cause.isEmpty() ? "of many causes" : cause);
    }
}
