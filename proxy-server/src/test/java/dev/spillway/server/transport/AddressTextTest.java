package dev.spillway.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;

class AddressTextTest {
    private final SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 5432);

    @Test
    void problemIsTheSameTextOnEveryTransport() {
        String refused = "127.0.0.1:5432: Connection refused";
        assertThat(problem("Connection refused")).isEqualTo(refused);
        assertThat(problem("Connection refused: " + address)).isEqualTo(refused);
        assertThat(problem("connect(..) failed with error(-111): Connection refused: " + address))
                .isEqualTo(refused);
        assertThat(problem("io_uring connect(..) failed with error(-111): Connection refused: " + address))
                .isEqualTo(refused);
    }

    @Test
    void problemWithoutATextGetsOne() {
        assertThat(AddressText.problem(address, new NoRouteToHostException("null: " + address)))
                .isEqualTo("127.0.0.1:5432: No route to host");
        assertThat(AddressText.problem(UnixDomainSocketAddress.of("/run/s"), new FileNotFoundException()))
                .isEqualTo("/run/s: No such file or directory");
        assertThat(AddressText.problem(address, new IllegalStateException()))
                .isEqualTo("127.0.0.1:5432: IllegalStateException");
    }

    private String problem(String message) {
        return AddressText.problem(address, new ConnectException(message));
    }
}
