package dev.spillway.server.ops;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import dev.spillway.core.config.LogConfig;
import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SyslogFacility;
import dev.spillway.server.configfile.LogOpening;
import java.io.IOException;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the settings of the log into force: its format, {@code logfile}, {@code syslog} and {@code verbose}, and whether there is
 * a console.
 *
 * <p>It takes the place of what {@link DefaultLog} or {@code logback.xml} has set up as appender {@code log} of the root
 * logger, as soon as something else is wanted. Where there is no such {@link CountingAsyncAppender}, somebody has a log of his own, which stays
 * as it is. Called by one thread at a time, which may block.
 */
public final class LogSetup implements LogOpening {
    private static final Logger LOG = LoggerFactory.getLogger(LogSetup.class);
    /** The name of the appender. */
    static final String QUEUE = "log";

    private final LoggerContext logs;
    private final ch.qos.logback.classic.Logger root;
    private final boolean isQuiet;
    private @Nullable LogOutputs outputs;
    private @Nullable Layout<ILoggingEvent> layout;
    private @Nullable ConsoleAppender<ILoggingEvent> console;
    private @Nullable LogFile file;
    private final String syslogPlace;
    private SyslogChoice syslogChoice = SyslogChoice.NONE;
    private @Nullable Syslog syslog;
    private boolean isOwnTold;

    /** What there is to know of the system's log. */
    private record SyslogChoice(boolean isOn, String ident, SyslogFacility facility) {
        private static final SyslogChoice NONE = new SyslogChoice(false, "", SyslogFacility.DAEMON);

        static SyslogChoice of(LogConfig config) {
            return config.syslog() ? new SyslogChoice(true, config.syslogIdent(), config.syslogFacility()) : NONE;
        }
    }

    /** {@code isQuiet}: nothing goes to the console. */
    public LogSetup(LoggerContext logs, boolean isQuiet) {
        this(logs, isQuiet, Syslog.PLACE);
    }

    /** {@code syslogPlace} is where the system's log is. */
    LogSetup(LoggerContext logs, boolean isQuiet, String syslogPlace) {
        this.syslogPlace = syslogPlace;
        this.logs = logs;
        this.root = logs.getLogger(Logger.ROOT_LOGGER_NAME);
        this.isQuiet = isQuiet;
    }

    /**
     * Puts those of {@code config} into force; with a file that is in use already, that one is opened anew.
     *
     * @throws IOException if the file cannot be opened; the message is for the user
     */
    @Override
    public void open(ProxyConfig config) throws IOException {
        setVerbose(config.log().verbose());
        boolean isPlain = config.log().logfile() == null
                && config.log().logFormat() == LogFormat.SPILLWAY
                && !config.log().syslog()
                && !isQuiet;
        if (outputs == null && !isPlain) {
            takeOver(config.log().logFormat());
        }
        LogOutputs own = outputs;
        if (own != null) {
            setFile(config.log().logfile(), own);
            setSyslog(SyslogChoice.of(config.log()), own);
        }
    }

    @Override
    public void reopen() {
        LogFile own = file;
        if (own != null) {
            own.reopen();
        }
    }

    /** From now on nothing goes to the console. */
    public void silence() {
        if (outputs == null) {
            takeOver(LogFormat.SPILLWAY);
        }
        LogOutputs own = outputs;
        ConsoleAppender<ILoggingEvent> shown = console;
        if (own != null && shown != null) {
            own.remove(shown);
        }
    }

    private void setVerbose(int verbose) {
        logs.getLogger("dev.spillway").setLevel(verbose > 0 ? Level.DEBUG : null);
        logs.getLogger("io.netty").setLevel(verbose > 1 ? Level.DEBUG : Level.WARN);
    }

    private void takeOver(LogFormat format) {
        if (!(root.getAppender(QUEUE) instanceof CountingAsyncAppender before)) {
            if (!isOwnTold) {
                LOG.warn(
                        "the configuration of Logback has no appender '{}': logfile, log_format and --quiet have no"
                                + " effect",
                        QUEUE);
            }
            isOwnTold = true;
            return;
        }
        ConsoleAppender<ILoggingEvent> found = console(before);
        LogOutputs made = new LogOutputs();
        made.setContext(logs);
        made.start();
        CountingAsyncAppender queue = new CountingAsyncAppender();
        queue.setContext(logs);
        queue.setName(QUEUE);
        queue.setMaxFlushTime(before.getMaxFlushTime());
        queue.addAppender(made);
        queue.start();
        root.detachAppender(before);
        root.addAppender(queue);
        before.stop(); // writes what it has, and stops the console
        layout = switch (format) {
            case SPILLWAY -> layoutOf(found);
            case PGBOUNCER -> started(new PgBouncerLayout());
            case JSON -> started(new JsonLayout());
        };
        if (found != null && !isQuiet) {
            if (format == LogFormat.PGBOUNCER) {
                found.setTarget("System.err");
            }
            found.setEncoder(encoder(layout));
            found.start();
            made.add(found);
            console = found;
        }
        outputs = made;
    }

    private static @Nullable ConsoleAppender<ILoggingEvent> console(CountingAsyncAppender queue) {
        Iterator<Appender<ILoggingEvent>> appenders = queue.iteratorForAppenders();
        return appenders.hasNext() && appenders.next() instanceof ConsoleAppender<ILoggingEvent> console
                ? console
                : null;
    }

    /** As it is there; where it cannot be known, PgBouncer's. */
    private Layout<ILoggingEvent> layoutOf(@Nullable ConsoleAppender<ILoggingEvent> console) {
        return console != null && console.getEncoder() instanceof PatternLayoutEncoder pattern
                ? pattern.getLayout()
                : started(new PgBouncerLayout());
    }

    private Layout<ILoggingEvent> started(Layout<ILoggingEvent> made) {
        made.setContext(logs);
        made.start();
        return made;
    }

    private LayoutWrappingEncoder<ILoggingEvent> encoder(Layout<ILoggingEvent> lines) {
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(logs);
        encoder.setLayout(lines);
        encoder.start();
        return encoder;
    }

    private void setFile(@Nullable String path, LogOutputs own) throws IOException {
        LogFile before = file;
        if (before != null && before.path().equals(path)) {
            before.reopen();
            return;
        }
        LogFile next = path == null ? null : new LogFile(path, Objects.requireNonNull(layout));
        if (next != null) {
            next.setContext(logs);
            next.start();
            own.add(next);
        }
        file = next;
        if (before != null) {
            own.remove(before);
        }
    }

    /** One that cannot be reached stops no proxy: it is tried again. */
    private void setSyslog(SyslogChoice choice, LogOutputs own) {
        if (choice.equals(syslogChoice)) {
            return;
        }
        syslogChoice = choice;
        Syslog before = syslog;
        syslog = null;
        if (choice.isOn && !Syslog.isPossible()) {
            LOG.warn("syslog has no effect: this system has no {}", Syslog.PLACE);
        } else if (choice.isOn) {
            syslog = openSyslog(choice, own);
        }
        if (before != null) {
            own.remove(before);
        }
    }

    private Syslog openSyslog(SyslogChoice choice, LogOutputs own) {
        Layout<ILoggingEvent> json = layout instanceof JsonLayout known ? known : null;
        SyslogLayout lines = new SyslogLayout(choice.facility, choice.ident, json);
        lines.setContext(logs);
        lines.start();
        Syslog made = new Syslog(syslogPlace, lines, System::nanoTime);
        String problem = made.open();
        if (problem != null) {
            LOG.warn("syslog cannot be reached now, it is tried again each second: {}", problem);
        }
        made.setContext(logs);
        made.start();
        own.add(made);
        return made;
    }
}
