package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.LdapScope;
import dev.spillway.core.config.Secret;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Fills every record of the package with one recognisable secret and looks for it in what the record prints. */
class SecretsInTextTest {
    private static final String MARKER = "hunter2";
    private static final byte[] BYTES = (MARKER + "-".repeat(32 - MARKER.length())).getBytes(UTF_8);

    /** What these hold is sent, or logged, in the clear on purpose. */
    private static final List<Class<?>> PUBLIC_TEXT = List.of(
            AuthStep.Failed.class,
            ServerAuthStep.Failed.class,
            UserList.Problem.class,
            ClientFirst.class,
            ServerFirst.class,
            AccessNames.class,
            AccessProblem.class,
            AccessRequest.class,
            AccessWords.Word.class,
            IdentMap.class,
            IdentMap.Entry.class,
            Witness.class);

    @Test
    void noRecordPrintsASecret() throws Exception {
        List<Class<?>> records = recordsOfThePackage();
        assertThat(records).hasSizeGreaterThan(15).contains(StoredSecret.Md5.class, AuthStep.Done.class);
        for (Class<?> type : records) {
            assertThat(fill(type).toString())
                    .as(type.getName())
                    .doesNotContain(MARKER)
                    .doesNotContain(Arrays.toString(BYTES))
                    .doesNotContain(Scram.encodeBase64(BYTES));
        }
    }

    @Test
    void derivationsPrintNoSecret() {
        assertThat(new KeyDerivation(Secret.of(MARKER), BYTES, 1).toString()).doesNotContain(MARKER);
    }

    private static Object fill(Class<?> type) throws ReflectiveOperationException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] values = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            values[i] = types[i] == String.class && PUBLIC_TEXT.contains(type) ? "public" : value(types[i]);
        }
        Constructor<?> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    private static Object value(Class<?> type) throws ReflectiveOperationException {
        if (type == byte[].class) {
            return BYTES;
        } else if (type == String.class) {
            return MARKER;
        } else if (type == int.class) {
            return 1;
        } else if (type == boolean.class) {
            return true;
        } else if (type == Secret.class) {
            return Secret.of(MARKER);
        } else if (type == KeyDerivation.class) {
            return new KeyDerivation(Secret.of(MARKER), BYTES, 1);
        } else if (type == PasswordQuestion.class) {
            return new PasswordQuestion((user, password, host) -> null, MARKER, BYTES, null);
        } else if (type == PasswordJudge.class) {
            return (PasswordJudge) (user, password, host) -> null;
        } else if (type == StoredSecret.class) {
            return new StoredSecret.Plain(Secret.of(MARKER));
        } else if (type == LdapOptions.class) {
            LdapOptions.Bind bind = new LdapOptions.Bind.Search("", null, Secret.of(MARKER), LdapScope.SUB, "");
            return new LdapOptions(Secret.of(MARKER), false, false, List.of(), 1, bind);
        } else if (type == Map.class) {
            return Map.of("alice", new StoredSecret.Plain(Secret.of(MARKER)));
        } else if (type == List.class) {
            return new ArrayList<>();
        } else if (type == Set.class) {
            return Set.of();
        } else if (type == InetAddress.class) {
            return InetAddress.getLoopbackAddress();
        } else if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        return fill(type);
    }

    private static List<Class<?>> recordsOfThePackage() throws IOException, ReflectiveOperationException {
        Path root = Path.of(AuthStep.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        List<Class<?>> records = new ArrayList<>();
        try (Stream<Path> files = Files.list(root.resolve("dev/spillway/core/auth"))) {
            for (Path file : files.sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(".class") && !name.startsWith("package-info")) {
                    Class<?> type = Class.forName(
                            "dev.spillway.core.auth." + name.substring(0, name.length() - ".class".length()));
                    if (type.isRecord()) {
                        records.add(type);
                    }
                }
            }
        }
        return records;
    }
}
