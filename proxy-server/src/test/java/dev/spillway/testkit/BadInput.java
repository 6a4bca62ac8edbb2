package dev.spillway.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Bytes that no client should send, by name, for each phase of a connection. */
public final class BadInput {
    private static final int PROTOCOL_2_0 = 2 << 16;

    private BadInput() {}

    /** Each is answered by an error and the end where a startup packet is due. */
    public static Map<String, byte[]> insteadOfStartup() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("length 0", int32(0, 0));
        all.put("length 7", int32(7, Messages.PROTOCOL_3_0));
        all.put("negative length", int32(-1, 0));
        all.put("largest length", int32(Integer.MAX_VALUE, 0));
        all.put("length over the limit", int32(10_001, Messages.PROTOCOL_3_0));
        all.put("http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
        all.put("tls", tlsClientHello());
        all.put("query", Messages.query("select 1"));
        all.put("version 2", Messages.startup(PROTOCOL_2_0, Map.of("user", "a")));
        all.put("no user", Messages.startup(Messages.PROTOCOL_3_0, Map.of("database", "a")));
        all.put("replication", startup("replication", "maybe"));
        all.put("option without name", startup("options", "-c="));
        all.put("option without anything", startup("options", "-c"));
        all.put("option with an empty long name", startup("options", "--=x"));
        all.put("unknown option", startup("options", "-x \\"));
        all.put(
                "no terminator",
                Arrays.copyOf(int32(20, Messages.PROTOCOL_3_0, 0x61616161, 0x61616161, 0x61616161), 20));
        all.put("bytes behind the terminator", int32(16, Messages.PROTOCOL_3_0, 0, 0));
        all.put("query behind the packet", Messages.join(startup("x.y", "z"), Messages.query("select 1")));
        all.put("short cancel request", int32(8, 80877102));
        all.put("request for encryption and more", Messages.join(Messages.sslRequest(), new byte[] {1, 2, 3}));
        all.put("two requests for encryption", Messages.join(Messages.sslRequest(), Messages.sslRequest()));
        return all;
    }

    /** Each is answered by an error and the end where a password is due. */
    public static Map<String, byte[]> insteadOfPassword() {
        Map<String, byte[]> all = inAnyPhase();
        all.put("query", Messages.query("select 1"));
        all.put("terminate", Messages.terminate());
        all.put("password over the limit", header('p', 65_536));
        all.put("no string", Messages.raw('p', (byte) 'x'));
        all.put("empty", Messages.raw('p'));
        all.put("wrong", Messages.password("wrong"));
        all.put("password and query", Messages.join(Messages.password("x"), Messages.query("select 1")));
        return all;
    }

    /** Each is answered by an error and the end once the client is logged in. */
    public static Map<String, byte[]> insteadOfQuery() {
        Map<String, byte[]> all = inAnyPhase();
        all.put("password nobody asked for", Messages.password("x"));
        all.put("length 3", header('Q', 3));
        all.put("negative length", header('Q', -1));
        all.put("least length", header('B', Integer.MIN_VALUE));
        all.put("largest length", header('P', Integer.MAX_VALUE));
        all.put("sync over the limit", header('S', 10_001));
        all.put("flush with a body", Messages.raw('H', (byte) 1));
        all.put("sync with a body", Messages.raw('S', (byte) 1));
        return all;
    }

    private static Map<String, byte[]> inAnyPhase() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("http", "GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
        all.put("tls", tlsClientHello());
        all.put("second startup", startup("x.y", "z"));
        all.put("request for encryption", Messages.sslRequest());
        for (char type : "RKZTG1".toCharArray()) {
            all.put("backend type " + type, Messages.raw(type, (byte) 'I'));
        }
        return all;
    }

    /** Anything at all: noise, or a message cut off in the middle. Not for a client that can write to the database. */
    public static byte[] rubbish(Random random) {
        byte[] noise = new byte[1 + random.nextInt(200)];
        random.nextBytes(noise);
        return switch (random.nextInt(3)) {
            case 0 -> noise;
            case 1 -> Messages.raw("PBDECHSQdcf".charAt(random.nextInt(11)), noise);
            default -> {
                byte[] whole = Messages.join(Messages.extended("select 1"), Messages.sync());
                yield Arrays.copyOf(whole, random.nextInt(whole.length));
            }
        };
    }

    /** A type byte and a length with nothing behind. */
    public static byte[] header(char type, int length) {
        return ByteBuffer.allocate(5).put((byte) type).putInt(length).array();
    }

    public static byte[] int32(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    private static byte[] startup(String name, String value) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("user", PostgresFixture.SUPERUSER);
        parameters.put("database", PostgresFixture.DATABASE);
        parameters.put(name, value);
        return Messages.startup(Messages.PROTOCOL_3_0, parameters);
    }

    private static byte[] tlsClientHello() {
        byte[] hello = new byte[200];
        System.arraycopy(new byte[] {0x16, 3, 1, 0, (byte) 195, 1, 0, 0, (byte) 191, 3, 3}, 0, hello, 0, 11);
        return hello;
    }
}
