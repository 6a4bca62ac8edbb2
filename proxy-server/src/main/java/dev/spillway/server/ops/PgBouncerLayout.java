package dev.spillway.server.ops;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A line as PgBouncer writes it: {@code 2026-11-26 12:00:00.123 UTC [4711] LOG listening on 127.0.0.1:6432}.
 *
 * <p>Called by the thread that writes the log. What follows a line break is indented, and nothing else may break a line, or a
 * client could write lines of its own into the log.
 */
final class PgBouncerLayout extends LayoutBase<ILoggingEvent> {
    private static final Pattern BREAK = Pattern.compile("[\\r\\n]+");

    private final DateTimeFormatter time = time(ZoneId.systemDefault());
    private final String process = " [" + ProcessHandle.current().pid() + "] ";
    private final ThrowableProxyConverter trace = new ThrowableProxyConverter();

    /** To name a zone the JVM loads the names of all in all languages, a megabyte, so the one most servers have is named here. */
    static DateTimeFormatter time(ZoneId zone) {
        boolean isUtc = zone.equals(ZoneOffset.UTC) || zone.getId().matches("(Etc/)?UTC");
        return DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS " + (isUtc ? "'UTC'" : "zzz"), Locale.ENGLISH)
                .withZone(zone);
    }

    @Override
    public void start() {
        trace.start();
        super.start();
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        String text = event.getThrowableProxy() == null
                ? event.getFormattedMessage()
                : event.getFormattedMessage() + '\n' + trace.convert(event).strip();
        return time.format(Instant.ofEpochMilli(event.getTimeStamp()))
                + process
                + word(event.getLevel())
                + ' '
                + indented(text)
                + '\n';
    }

    /** What follows a line break is, so that nobody's text begins a line. */
    static String indented(String text) {
        return BREAK.matcher(text).replaceAll("\n\t");
    }

    private static String word(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "ERROR";
            case Level.WARN_INT -> "WARNING";
            case Level.INFO_INT -> "LOG";
            case Level.DEBUG_INT -> "DEBUG";
            default -> "NOISE";
        };
    }
}
