package dev.spillway.core.auth;

import dev.spillway.core.auth.AccessWords.MalformedLineException;
import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that agree in the bits of a mask. Immutable.
 *
 * @param network the address, 4 or 16 bytes, without bits outside of the mask
 * @param mask as many bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record AddressRange(byte[] network, byte[] mask) {
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F.]*:[0-9a-fA-F:.]*");
    private static final Pattern BITS = Pattern.compile("[0-9]{1,3}");

    /** {@code address/bits}, or an address alone, after which {@code separate} is asked for its mask. */
    static AddressRange parse(String written, MaskSource separate) throws MalformedLineException {
        int slash = written.indexOf('/');
        String address = slash < 0 ? written : written.substring(0, slash);
        byte[] network = bytes(address);
        if (network == null) {
            throw new MalformedLineException("\"" + address
                    + "\" is no IP address, nor all: names of hosts, samehost and samenet are not supported");
        }
        byte[] mask = slash < 0 ? mask(separate.next(), network) : prefix(written.substring(slash + 1), network);
        for (int i = 0; i < network.length; i++) {
            if ((network[i] & ~mask[i]) != 0) {
                throw new MalformedLineException(
                        "address " + address + " has bits that its mask has not: PostgreSQL would"
                                + " not look at them, PgBouncer would match nothing");
            }
        }
        return new AddressRange(network, mask);
    }

    /** Where the mask is that is a word of its own. */
    interface MaskSource {
        String next() throws MalformedLineException;
    }

    private static byte[] mask(String written, byte[] network) throws MalformedLineException {
        byte[] mask = bytes(written);
        if (mask == null || mask.length != network.length) {
            throw new MalformedLineException("\"" + written + "\" is no mask of that address");
        }
        return mask;
    }

    private static byte[] prefix(String written, byte[] network) throws MalformedLineException {
        int bits = BITS.matcher(written).matches() ? Integer.parseInt(written) : Integer.MAX_VALUE;
        if (bits > network.length * 8) {
            throw new MalformedLineException("\"/" + written + "\" is no mask of that address");
        }
        byte[] mask = new byte[network.length];
        for (int bit = 0; bit < bits; bit++) {
            mask[bit / 8] |= (byte) (0x80 >> bit % 8);
        }
        return mask;
    }

    /** Null if it is no address; nobody is asked for it. */
    private static byte @Nullable [] bytes(String written) {
        if (!IPV4.matcher(written).matches() && !IPV6.matcher(written).matches()) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(written).getAddress();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    boolean has(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != network.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if ((bytes[i] & mask[i]) != network[i]) {
                return false;
            }
        }
        return true;
    }
}
