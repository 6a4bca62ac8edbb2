package dev.spillway.server.ops;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.spillway.server.configfile.FileProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file with the number of this process, as long as it works. Used by the threads that start and stop it; blocks. */
public final class PidFile {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private final Path path;

    private PidFile(Path path) {
        this.path = path;
    }

    /**
     * Makes sure that no other process has it.
     *
     * @throws IOException if one has, or if that cannot be known; the message is for the user
     */
    public static PidFile claim(String name) throws IOException {
        PidFile file;
        try {
            file = new PidFile(Path.of(name));
        } catch (InvalidPathException e) {
            throw new IOException("could not open pidfile '" + name + "': " + e.getMessage(), e);
        }
        file.removeStale();
        return file;
    }

    private void removeStale() throws IOException {
        String text;
        try {
            text = Files.readString(path).strip();
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw new IOException("could not read pidfile '" + path + "': " + FileProblem.of(e), e);
        }
        if (isHeld(text)) {
            throw new IOException("pidfile '" + path + "' exists, another instance running?");
        }
        LOG.info("stale pidfile, removing");
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new IOException("could not remove stale pidfile '" + path + "': " + FileProblem.of(e), e);
        }
    }

    /** In a container this process may have the number of the one before, whose file outlived it. */
    private static boolean isHeld(String text) {
        long pid;
        try {
            pid = Long.parseLong(text);
        } catch (NumberFormatException e) {
            return true; // somebody is just writing it, or it is no such file
        }
        return pid != ProcessHandle.current().pid()
                && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    /**
     * Writes it.
     *
     * @throws IOException if that fails, or if another process was quicker; the message is for the user
     */
    public void write() throws IOException {
        String text = ProcessHandle.current().pid() + "\n";
        try {
            Files.write(path, text.getBytes(StandardCharsets.US_ASCII), CREATE_NEW, WRITE);
        } catch (IOException e) {
            throw new IOException("could not write pidfile '" + path + "': " + FileProblem.of(e), e);
        }
    }

    /** Removes it; what fails is logged. */
    public void remove() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("could not remove pidfile '{}': {}", path, FileProblem.of(e));
        }
    }
}
