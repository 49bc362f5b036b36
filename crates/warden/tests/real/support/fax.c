/* A fax machine at a T.38 gateway, by libspandsp:
     fax page FILE                     draws a page
     fax same FILE FILE                whether two files have the same picture
     fax send|receive PORT TO FILE     sends or receives it from UDP port PORT to port TO of this machine
   Its clock goes twice as fast as the real one, so that nobody waits long for a page. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tiffio.h>
#include <unistd.h>
#include <spandsp.h>

enum { WIDTH = 1728, HEIGHT = 400, ROW = WIDTH / 8, REPEATED = 3, LONGEST = 500 };

static int link_fd, is_over, outcome = -1;
static unsigned next_number;
static struct { unsigned char bytes[LONGEST]; int len; } past[REPEATED];

/* One datagram (UDPTL): its number, the packet, and those before it again, the newest first. */
static int send_packet(t38_core_state_t *core, void *user, const uint8_t *packet, int len, int count)
{
    unsigned char out[4 * LONGEST];
    int at = 0, repeated = next_number < REPEATED ? (int)next_number : REPEATED;
    (void)core, (void)user;
    if (len > 127)
        return -1;
    out[at++] = next_number >> 8;
    out[at++] = next_number;
    out[at++] = len;
    memcpy(out + at, packet, len);
    at += len;
    out[at++] = 0;
    out[at++] = repeated;
    for (int back = 1; back <= repeated; back++) {
        unsigned slot = (next_number - back) % REPEATED;
        out[at++] = past[slot].len;
        memcpy(out + at, past[slot].bytes, past[slot].len);
        at += past[slot].len;
    }
    memcpy(past[next_number % REPEATED].bytes, packet, len);
    past[next_number % REPEATED].len = len;
    next_number++;
    while (count-- > 0)
        send(link_fd, out, at, 0);
    return 0;
}

/* Gives the packets of a datagram to the machine: those that have been lost, and the new one. */
static void take(t38_core_state_t *core, const unsigned char *in, int len)
{
    static unsigned expected;
    struct { const unsigned char *bytes; int len; } parts[REPEATED + 1];
    int at = 2, count = 0, repeated;
    unsigned number;
    if (len < 5)
        return;
    number = in[0] << 8 | in[1];
    parts[count].bytes = in + at + 1;
    parts[count++].len = in[at];
    at += 1 + in[at];
    if (at + 2 > len || in[at] != 0)
        return;
    repeated = in[at + 1];
    at += 2;
    while (repeated-- > 0 && count <= REPEATED && at < len) {
        parts[count].bytes = in + at + 1;
        parts[count++].len = in[at];
        at += 1 + in[at];
    }
    while (count-- > 0)
        if (number >= (unsigned)count && number - count >= expected) {
            expected = number - count + 1;
            t38_core_rx_ifp_packet(core, parts[count].bytes, parts[count].len, number - count);
        }
}

static void end(t30_state_t *t30, void *user, int code)
{
    (void)t30, (void)user;
    is_over = 1;
    outcome = code;
}

static int fax(int sends, int port, int to, const char *file)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) }, there = here;
    here.sin_addr.s_addr = there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(to);
    link_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (link_fd < 0 || bind(link_fd, (void *)&here, sizeof here) || connect(link_fd, (void *)&there, sizeof there))
        return 2;
    t38_terminal_state_t *machine = t38_terminal_init(NULL, sends, send_packet, NULL);
    t38_core_state_t *core = t38_terminal_get_t38_core_state(machine);
    t30_state_t *t30 = t38_terminal_get_t30_state(machine);
    t38_set_t38_version(core, 0);
    t30_set_ecm_capability(t30, 1);
    t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION | T30_SUPPORT_T6_COMPRESSION);
    t30_set_phase_e_handler(t30, end, NULL);
    if (sends)
        t30_set_tx_file(t30, file, -1, -1);
    else
        t30_set_rx_file(t30, file, -1);
    /* A minute and a half at most; after the end the other side still hears the last words. */
    for (int left = 4500, rest = 50; left > 0 && rest > 0; left--, rest -= is_over) {
        unsigned char in[1500];
        int len;
        while ((len = recv(link_fd, in, sizeof in, MSG_DONTWAIT)) > 0)
            take(core, in, len);
        t38_terminal_send_timeout(machine, 160);
        usleep(10000);
    }
    t38_terminal_free(machine);
    printf("%s\n", t30_completion_code_to_str(outcome));
    return outcome != T30_ERR_OK;
}

/* Every row is another one. */
static void draw(unsigned row, unsigned char *out)
{
    memset(out, 0, ROW);
    for (unsigned at = 0; at < ROW; at++)
        out[at] = (at * 8 / (row % 37 + 3) + row / 11) % 5 == 0 ? 0xF0 >> row % 4 : 0;
}

static int page(const char *file)
{
    unsigned char row[ROW];
    TIFF *tiff = TIFFOpen(file, "w");
    if (!tiff)
        return 2;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITT_T6);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 204.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 98.0);
    for (unsigned at = 0; at < HEIGHT; at++) {
        draw(at, row);
        if (TIFFWriteScanline(tiff, row, at, 0) < 0)
            return 2;
    }
    TIFFClose(tiff);
    return 0;
}

static int same(const char *one, const char *other)
{
    TIFF *tiffs[2] = { TIFFOpen(one, "r"), TIFFOpen(other, "r") };
    if (!tiffs[0] || !tiffs[1])
        return 2;
    for (unsigned at = 0; at < HEIGHT; at++) {
        unsigned char rows[2][ROW];
        for (int i = 0; i < 2; i++) {
            uint16_t photometric = 0;
            TIFFGetField(tiffs[i], TIFFTAG_PHOTOMETRIC, &photometric);
            if (TIFFScanlineSize(tiffs[i]) != ROW || TIFFReadScanline(tiffs[i], rows[i], at, 0) < 0)
                return 1;
            for (int byte = 0; byte < ROW && photometric != PHOTOMETRIC_MINISWHITE; byte++)
                rows[i][byte] ^= 0xFF;
        }
        if (memcmp(rows[0], rows[1], ROW))
            return 1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 3 && !strcmp(argv[1], "page"))
        return page(argv[2]);
    if (argc == 4 && !strcmp(argv[1], "same"))
        return same(argv[2], argv[3]);
    if (argc == 5 && (!strcmp(argv[1], "send") || !strcmp(argv[1], "receive")))
        return fax(!strcmp(argv[1], "send"), atoi(argv[2]), atoi(argv[3]), argv[4]);
    return 2;
}
