package dev.spillway.core.config;

import java.util.ArrayList;
import java.util.List;

/** Hosts, one or several with commas between: names, addresses, places of Unix sockets. The value has no blanks. */
record HostType() implements SettingType<String> {
    @Override
    public String label() {
        return "a host name, an address or the directory of a Unix socket, or several with commas between";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public String parse(String text) throws BadValueException {
        List<String> hosts = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String host = part.strip();
            check(host, text);
            if (hosts.contains(host)) {
                throw new BadValueException("has '" + host + "' twice in its list");
            }
            hosts.add(host);
        }
        return String.join(",", hosts);
    }

    private void check(String host, String whole) throws BadValueException {
        if (SocketDirType.isSocketDir(host)) {
            new SocketDirType().parse(host);
        } else if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || "[]/?#@".indexOf(c) >= 0)) {
            throw new BadValueException("must be " + label() + " (IPv6 without brackets), not '" + whole + "'");
        }
    }

    @Override
    public String format(String value) {
        return value;
    }

    @Override
    public String toml(String value) {
        return SettingType.quote(value);
    }
}
