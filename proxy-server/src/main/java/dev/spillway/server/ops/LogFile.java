package dev.spillway.server.ops;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.spillway.server.configfile.FileProblem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The file that {@code logfile} names: lines are appended to it, each at once, and it is opened anew when asked to, for it
 * may have been renamed.
 *
 * <p>Lines come from the thread of {@link CountingAsyncAppender}, which may block. Opening is asked for on any thread and done
 * by that one with the next line, so that no line is written to a closed file. A file that cannot be opened anew leaves
 * the one that is open in use, and a line in it.
 */
final class LogFile extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final Layout<ILoggingEvent> layout;
    private final String path;
    private volatile boolean mustOpen;
    private OutputStream out;

    /**
     * Opens it.
     *
     * @throws IOException if it cannot be; the message is for the user
     */
    LogFile(String path, Layout<ILoggingEvent> layout) throws IOException {
        this.path = path;
        this.layout = layout;
        this.out = open(path);
    }

    private static OutputStream open(String path) throws IOException {
        try {
            return Files.newOutputStream(Path.of(path), CREATE, WRITE, APPEND);
        } catch (NoSuchFileException e) {
            throw new IOException("logfile " + path + " cannot be opened: there is no such directory", e);
        } catch (IOException e) {
            throw new IOException("logfile " + path + " cannot be opened: " + FileProblem.of(e), e);
        } catch (InvalidPathException e) {
            throw new IOException("logfile " + path + " cannot be opened: " + e.getMessage(), e);
        }
    }

    String path() {
        return path;
    }

    /** Has the next line go to whatever file has that name then. */
    void reopen() {
        mustOpen = true;
    }

    @Override
    protected void append(ILoggingEvent event) {
        try {
            if (mustOpen) {
                mustOpen = false;
                String problem = openAnew();
                if (problem != null) {
                    write(problem + System.lineSeparator());
                }
            }
            write(layout.doLayout(event));
        } catch (IOException e) {
            addError("logfile " + path + " cannot be written to", e); // a full disk stops no proxy
        }
    }

    private @Nullable String openAnew() throws IOException {
        OutputStream next;
        try {
            next = open(path);
        } catch (IOException e) {
            return e.getMessage();
        }
        out.close();
        out = next;
        return null;
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void stop() {
        super.stop();
        try {
            out.close();
        } catch (IOException e) {
            addError("logfile " + path + " cannot be closed", e);
        }
    }
}
