package dev.spillway.core.fleet;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What PostgreSQL answers to {@link FleetSql}: collected row by row. Confined to whoever asks. */
public final class FleetView {
    private final List<Member> members = new ArrayList<>();
    private int connections;
    private boolean isLocked;

    /** Takes one row; what is none of ours is nobody's, for anybody can call himself as he likes. */
    public void add(List<@Nullable String> row) {
        if (row.size() == 1) {
            isLocked |= "true".equals(row.getFirst());
        } else if (row.size() == 4) {
            addMember(String.valueOf(row.get(0)), String.valueOf(row.get(1)), row.get(2), String.valueOf(row.get(3)));
        }
    }

    private void addMember(String processId, String name, @Nullable String number, String query) {
        if (processId.isEmpty()) {
            connections = number == null ? 0 : (int) Long.parseLong(number);
            return;
        }
        Announcement says = Announcement.parse(name);
        if (says != null && number != null) {
            members.add(new Member(says, Integer.parseInt(processId), Long.parseLong(number), servers(query)));
        }
    }

    private static List<Integer> servers(String query) {
        if (!query.startsWith(FleetSql.SERVERS)) {
            return List.of();
        }
        List<Integer> servers = new ArrayList<>();
        int at = FleetSql.SERVERS.length();
        int number = 0;
        for (; at < query.length() && number < 100_000_000; at++) {
            char c = query.charAt(at);
            if (c >= '0' && c <= '9') {
                number = number * 10 + c - '0';
            } else if (number > 0 && (c == ',' || c == '*')) {
                servers.add(number);
                number = 0;
            }
            if (c == '*') {
                break; // one that was cut off in the middle does not count
            }
        }
        return servers;
    }

    /** All but the one who asks. */
    public List<Member> members() {
        return members;
    }

    /**
     * Forgets those who cannot be members, and says which processes they are: a connection that an instance names among its servers, or
     * one of {@code ours}, is one that clients use, and a client has set its application_name.
     */
    public List<Integer> dropForged(List<Integer> ours) {
        Set<Integer> servers = new HashSet<>(ours);
        members.forEach(member -> member.servers().stream()
                .filter(server -> server != member.processId())
                .forEach(servers::add));
        List<Integer> forged = members.stream()
                .map(Member::processId)
                .filter(servers::contains)
                .toList();
        members.removeIf(member -> forged.contains(member.processId()));
        return forged;
    }

    /** Connections of clients to that PostgreSQL, whoever has them. */
    public int connections() {
        return connections;
    }

    /** Has the one who asked the lock? */
    public boolean isLocked() {
        return isLocked;
    }

    /** Connections that members other than the one who asks have. */
    public int open() {
        return members.stream().mapToInt(member -> member.says().open()).sum();
    }
}
