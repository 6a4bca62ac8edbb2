package dev.spillway.testkit;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name server on a port of its own (RFC 1035, UDP) that knows what it is told and stays silent, answers rubbish or denies a name when
 * told to. What it answers may be kept for a day. Thread-safe; one virtual thread.
 */
public final class ScriptedNameServer implements Closeable {
    private static final int HEADER_BYTES = 12;
    private static final byte TYPE_A = 1;
    private static final byte NO_ERROR = 0;
    private static final byte NXDOMAIN = 3;
    private static final int DAY_SECONDS = 86_400;

    /** What is answered instead of addresses. */
    public enum Trouble {
        SILENCE,
        RUBBISH
    }

    private final DatagramSocket socket;
    private final Map<String, List<String>> addresses = new ConcurrentHashMap<>();
    private final Map<String, Trouble> troubles = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();

    public ScriptedNameServer() throws IOException {
        socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("scripted-names").start(this::serve);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** From now on {@code name} has these IPv4 addresses, in this order. A name nobody told of does not exist. */
    public void set(String name, String... ipv4) {
        troubles.remove(name);
        addresses.put(name, List.of(ipv4));
    }

    public void set(String name, Trouble trouble) {
        troubles.put(name, trouble);
    }

    public void remove(String name) {
        addresses.remove(name);
    }

    /** How often the IPv4 addresses of {@code name} were asked for. */
    public int asked(String name) {
        return asked.getOrDefault(name, new AtomicInteger()).get();
    }

    private void serve() {
        byte[] buffer = new byte[1500];
        try {
            while (true) {
                DatagramPacket query = new DatagramPacket(buffer, buffer.length);
                socket.receive(query);
                byte[] answer = answer(Arrays.copyOf(buffer, query.getLength()));
                if (answer.length > 0) {
                    socket.send(new DatagramPacket(answer, answer.length, query.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private byte[] answer(byte[] query) throws IOException {
        StringBuilder text = new StringBuilder(64);
        int at = HEADER_BYTES;
        while (query[at] != 0) {
            text.append(new String(query, at + 1, query[at], StandardCharsets.US_ASCII))
                    .append('.');
            at += query[at] + 1;
        }
        text.setLength(text.length() - 1);
        String name = text.toString();
        byte type = query[at + 2];
        if (type == TYPE_A) {
            asked.computeIfAbsent(name, key -> new AtomicInteger()).incrementAndGet();
        }
        Trouble trouble = troubles.get(name);
        if (trouble != null) {
            byte[] rubbish = Arrays.copyOf(query, query.length);
            Arrays.fill(rubbish, 2, rubbish.length, (byte) 0xff);
            return trouble == Trouble.SILENCE ? new byte[0] : rubbish;
        }
        byte[] question = Arrays.copyOfRange(query, HEADER_BYTES, at + 5);
        List<String> known = addresses.get(name);
        List<String> told = known == null || type != TYPE_A ? List.of() : known;
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.write(query, 0, 2);
        answer.writeBytes(new byte[] {(byte) 0x81, (byte) (0x80 | (known == null ? NXDOMAIN : NO_ERROR))});
        answer.writeBytes(new byte[] {0, 1, 0, (byte) told.size(), 0, 0, 0, 0});
        answer.writeBytes(question);
        for (String address : told) {
            answer.writeBytes(new byte[] {(byte) 0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1});
            answer.writeBytes(BadInput.int32(DAY_SECONDS));
            answer.writeBytes(new byte[] {0, 4});
            answer.writeBytes(InetAddress.getByName(address).getAddress());
        }
        return answer.toByteArray();
    }

    @Override
    public void close() {
        socket.close();
    }
}
