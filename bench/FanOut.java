import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures what it takes to hand notifications to many clients that listen to one channel. They are all in this process, which
 * shares the machine with the proxy and PostgreSQL.
 *
 * <pre>java bench/FanOut.java PORT USER DATABASE CLIENTS PID_OF_PROXY</pre>
 *
 * <p>Users must be trusted. Needs as many open files as clients, here and in the proxy.
 */
final class FanOut {
    private static final String CHANNEL = "fan";
    private static final int PAYLOAD_BYTES = 100;
    private static final int NOTIFICATION_BYTES = 1 + 4 + 4 + CHANNEL.length() + 1 + PAYLOAD_BYTES + 1;

    private final Selector selector = Selector.open();
    private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 16);

    private FanOut() throws IOException {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 5) {
            System.err.println("usage: java bench/FanOut.java PORT USER DATABASE CLIENTS PID_OF_PROXY");
            return;
        }
        new FanOut()
                .run(
                        Integer.parseInt(arguments[0]),
                        arguments[1],
                        arguments[2],
                        Integer.parseInt(arguments[3]),
                        Path.of("/proc", arguments[4]));
    }

    private void run(int port, String user, String database, int clients, Path proxy) throws IOException {
        System.out.printf("resident %d MiB, no clients%n", residentMib(proxy));
        List<SocketChannel> all = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            all.add(connect(port, user, database));
        }
        System.out.printf("resident %d MiB, %d clients connected%n", residentMib(proxy), clients);
        long since = System.nanoTime();
        for (SocketChannel client : all) {
            client.write(query("listen " + CHANNEL));
        }
        for (SocketChannel client : all) {
            readReady(client);
        }
        System.out.printf(
                "resident %d MiB, all listen after %.1f s%n", residentMib(proxy), (System.nanoTime() - since) / 1e9);
        SocketChannel notifies = connect(port, user, database);
        for (SocketChannel client : all) {
            client.configureBlocking(false);
            client.register(selector, SelectionKey.OP_READ);
        }
        for (int each : new int[] {1, 1, 10, 100}) {
            measure(notifies, clients, each, proxy);
        }
    }

    /** Rounds of {@code each} notifications of one transaction, until 4 million have been delivered or 200 rounds are over. */
    private void measure(SocketChannel notifies, int clients, int each, Path proxy) throws IOException {
        int rounds = Math.max(3, Math.min(200, 4_000_000 / clients / each));
        long[] nanos = new long[rounds];
        long cpu = cpuTicks(proxy);
        for (int round = 0; round < rounds; round++) {
            long since = System.nanoTime();
            notifies.write(query("select pg_notify('" + CHANNEL + "', lpad(i::text, " + PAYLOAD_BYTES
                    + ", '0')) from generate_series(1, " + each + ") i"));
            readReady(notifies);
            awaitBytes((long) clients * each * NOTIFICATION_BYTES);
            nanos[round] = System.nanoTime() - since;
        }
        long total = Arrays.stream(nanos).sum();
        Arrays.sort(nanos);
        double delivered = (double) rounds * clients * each;
        System.out.printf(
                "%d together: %.0f delivered per second, the last client has them after %.1f ms (median; most %.1f),"
                        + " proxy %.2f us CPU per delivery, resident %d MiB%n",
                each,
                delivered / (total / 1e9),
                nanos[rounds / 2] / 1e6,
                nanos[rounds - 1] / 1e6,
                (cpuTicks(proxy) - cpu) * 10_000 / delivered,
                residentMib(proxy));
    }

    private void awaitBytes(long bytes) throws IOException {
        long left = bytes;
        while (left > 0) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                in.clear();
                int read = ((SocketChannel) key.channel()).read(in);
                if (read < 0) {
                    throw new IOException("a client was closed");
                }
                left -= read;
            }
            selector.selectedKeys().clear();
        }
        if (left < 0) {
            throw new IOException(-left + " bytes more than were to come");
        }
    }

    // ---- the protocol ----------------------------------------------------------------------------------------------

    private SocketChannel connect(int port, String user, String database) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        byte[] names = ("user\0" + user + "\0database\0" + database + "\0\0").getBytes(StandardCharsets.UTF_8);
        channel.write(ByteBuffer.allocate(8 + names.length)
                .putInt(8 + names.length)
                .putInt(3 << 16)
                .put(names)
                .flip());
        readReady(channel);
        return channel;
    }

    private static ByteBuffer query(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(6 + text.length)
                .put((byte) 'Q')
                .putInt(5 + text.length)
                .put(text)
                .put((byte) 0)
                .flip();
    }

    /** A ReadyForQuery that says idle is the last that comes. */
    private void readReady(SocketChannel channel) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(6);
        while (true) {
            in.clear();
            if (channel.read(in) < 0) {
                throw new IOException("closed: " + StandardCharsets.UTF_8.decode(in.flip()));
            }
            in.flip();
            while (in.hasRemaining()) {
                if (!last.hasRemaining()) {
                    last.position(1);
                    last.compact().position(5);
                }
                last.put(in.get());
            }
            if (!last.hasRemaining() && last.get(0) == 'Z' && last.getInt(1) == 5 && last.get(5) == 'I') {
                return;
            }
        }
    }

    // ---- the proxy -------------------------------------------------------------------------------------------------

    private static long residentMib(Path process) throws IOException {
        for (String line : Files.readAllLines(process.resolve("status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
            }
        }
        return -1;
    }

    private static long cpuTicks(Path process) throws IOException {
        String stat = Files.readString(process.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}
