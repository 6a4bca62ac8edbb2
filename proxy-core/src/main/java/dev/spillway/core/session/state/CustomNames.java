package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Finds what may be the names of custom settings in messages of clients. Stateless; borrows the buffers. */
public final class CustomNames {
    private CustomNames() {}

    /** Adds those in {@code [from, to)} to {@code names}, which do not get more than {@code most}. */
    public static void collect(ByteBuf bytes, int from, int to, Set<String> names, int most) {
        int room = most - names.size();
        if (from < to && room > 0) {
            names.addAll(DottedNames.in(bytes.toString(from, to - from, StandardCharsets.UTF_8), room));
        }
    }
}
