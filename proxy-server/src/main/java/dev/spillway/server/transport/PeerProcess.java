package dev.spillway.server.transport;

import com.sun.security.auth.module.UnixSystem;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a Unix socket, as the system says ({@code SO_PEERCRED}). Immutable.
 *
 * @param id of the process; 0 if it is not told, as on nio
 * @param isOurUser does it run as the same user as this process?
 * @param userId the number of that user; -1 if it is not told
 * @param userName the user's name, where the system tells that as well
 */
public record PeerProcess(
        int id, boolean isOurUser, int userId, @Nullable String userName) {
    private static final int NOBODY = -1;

    /** Of what is no Unix socket, is closed, or of whom the system says nothing. */
    private static final PeerProcess UNKNOWN = new PeerProcess(0, false, NOBODY, null);

    /** Asks the system anew each time. Called on the channel's event loop. */
    public static PeerProcess of(Channel channel) {
        try {
            return switch (channel) {
                case EpollDomainSocketChannel epoll -> of(epoll.peerCredentials());
                case IoUringDomainSocketChannel ring -> of(ring.peerCredentials());
                case NioDomainSocketChannel nio -> of(nio);
                default -> UNKNOWN;
            };
        } catch (IOException e) {
            return UNKNOWN; // it has left
        }
    }

    private static PeerProcess of(PeerCredentials peer) {
        return new PeerProcess(peer.pid(), peer.uid() == OurUser.ID, peer.uid(), null);
    }

    private static PeerProcess of(NioDomainSocketChannel channel) {
        UnixDomainPrincipal peer = channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED));
        return peer == null
                ? UNKNOWN
                : new PeerProcess(
                        0,
                        peer.user().equals(OurUser.PRINCIPAL),
                        NOBODY,
                        peer.user().getName());
    }

    /** The name of the user it runs as, which {@code names} has by number; null if that is not known. */
    public @Nullable String user(Map<Integer, String> names) {
        return userName == null ? names.get(userId) : userName;
    }

    /** Asked for when the first of them is needed; the answer does not change. */
    private static final class OurUser {
        static final long ID = new UnixSystem().getUid();

        /** The JDK compares principals by their number. */
        static final @Nullable UserPrincipal PRINCIPAL = principal();

        private static @Nullable UserPrincipal principal() {
            try {
                return FileSystems.getDefault()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName(String.valueOf(ID));
            } catch (IOException e) {
                return null;
            }
        }
    }
}
