package dev.spillway.server.ops;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.LayoutBase;
import dev.spillway.core.config.SyslogFacility;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A line as the system's log takes it from C's {@code syslog()}, and so from PgBouncer: {@code <30>Nov 26 12:00:00
 * pgbouncer[4711]: listening on 127.0.0.1:6432}. Called by the thread that writes the log.
 *
 * <p>What follows a line break is indented, as in {@link PgBouncerLayout}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3164#section-4">RFC 3164</a>
 */
final class SyslogLayout extends LayoutBase<ILoggingEvent> {
    private static final int SEVERITIES = 8;
    private static final int ERROR = 3;
    private static final int WARNING = 4;
    private static final int INFO = 6;
    private static final int DEBUG = 7;

    private final DateTimeFormatter time =
            DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ENGLISH).withZone(ZoneId.systemDefault());
    private final ThrowableProxyConverter trace = new ThrowableProxyConverter();
    private final SyslogFacility facility;
    private final String name;
    private final @Nullable Layout<ILoggingEvent> json;

    /** {@code json}: how the text is written; null: as it is. */
    SyslogLayout(SyslogFacility facility, String ident, @Nullable Layout<ILoggingEvent> json) {
        this.facility = facility;
        this.name = ' ' + ident + '[' + ProcessHandle.current().pid() + "]: ";
        this.json = json;
    }

    @Override
    public void start() {
        trace.start();
        super.start();
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        String text = json == null ? text(event) : json.doLayout(event);
        return line(event.getLevel(), event.getTimeStamp(), text);
    }

    String line(Level level, long millis, String text) {
        int priority = facility.number() * SEVERITIES + severity(level);
        return "<" + priority + '>' + time.format(Instant.ofEpochMilli(millis)) + name
                + PgBouncerLayout.indented(text.strip());
    }

    private String text(ILoggingEvent event) {
        String text = event.getFormattedMessage();
        return event.getThrowableProxy() == null ? text : text + '\n' + trace.convert(event);
    }

    private static int severity(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> ERROR;
            case Level.WARN_INT -> WARNING;
            case Level.INFO_INT -> INFO;
            default -> DEBUG;
        };
    }
}
