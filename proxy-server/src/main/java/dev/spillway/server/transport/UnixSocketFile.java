package dev.spillway.server.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix socket that we listen on.
 *
 * <p>Used while starting and stopping, on the caller's thread, which it blocks for a moment. Netty removes the file when
 * the channel is closed. Every message of an exception is for the user.
 */
public record UnixSocketFile(Path directory, Path path) {
    /** From the bit of the others' right to execute up. */
    private static final PosixFilePermission[] BITS = {
        PosixFilePermission.OTHERS_EXECUTE,
        PosixFilePermission.OTHERS_WRITE,
        PosixFilePermission.OTHERS_READ,
        PosixFilePermission.GROUP_EXECUTE,
        PosixFilePermission.GROUP_WRITE,
        PosixFilePermission.GROUP_READ,
        PosixFilePermission.OWNER_EXECUTE,
        PosixFilePermission.OWNER_WRITE,
        PosixFilePermission.OWNER_READ,
    };

    /** That of {@code port} in {@code directory}. */
    public static UnixSocketFile of(String directory, int port) {
        return new UnixSocketFile(Path.of(directory), Path.of(directory, ".s.PGSQL." + port));
    }

    /**
     * Removes what a process left that is dead. Netty would remove anything.
     *
     * @throws IOException if somebody listens there, the file is no socket, or the directory is missing
     */
    public void makeRoom() throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IOException("there is no directory " + directory);
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new IOException("the file is there and is no socket");
        }
        if (isListenedOn()) {
            throw new IOException("another process listens on it");
        }
        Files.delete(path);
    }

    /** Somebody whose queue is full is somebody: a connection that is pending counts. */
    private boolean isListenedOn() throws IOException {
        try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.configureBlocking(false);
            var _ = socket.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException refused) {
            return false;
        }
    }

    /**
     * Sets who may connect.
     *
     * @param mode as chmod takes it
     * @param group null: as it is
     */
    public void admit(int mode, @Nullable String group) throws IOException {
        PosixFileAttributeView attributes = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (group != null) {
            try {
                attributes.setGroup(
                        path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group));
            } catch (UserPrincipalNotFoundException e) {
                throw new IOException("there is no group " + group + " (unix_socket_group)", e);
            } catch (IOException e) {
                throw new IOException("it cannot be given to group " + group + " (unix_socket_group)", e);
            }
        }
        attributes.setPermissions(permissions(mode));
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < BITS.length; bit++) {
            if ((mode & 1 << bit) != 0) {
                permissions.add(BITS[bit]);
            }
        }
        return permissions;
    }
}
