/* Encodes or decodes a file with libspandsp: spandsp g722|g726 encode|decode BIT_RATE lsb|msb IN OUT
   Samples are signed 16 bits in the order of this machine. What a byte is filled from, lsb or msb, is for G.726. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

static void *buffer(size_t len)
{
    void *bytes = malloc(len + 1);
    if (!bytes)
        exit(2);
    return bytes;
}

int main(int argc, char *argv[])
{
    if (argc != 7)
        return 2;
    int g722 = !strcmp(argv[1], "g722"), encode = !strcmp(argv[2], "encode"), rate = atoi(argv[3]);
    int packing = !strcmp(argv[4], "lsb") ? G726_PACKING_RIGHT : G726_PACKING_LEFT;
    FILE *in = fopen(argv[5], "rb"), *out = fopen(argv[6], "wb");
    if (!in || !out || fseek(in, 0, SEEK_END))
        return 2;
    long len = ftell(in);
    rewind(in);
    void *input = buffer(len), *output = buffer(16 * len);
    if (fread(input, 1, len, in) != (size_t)len)
        return 2;

    size_t written;
    if (g722 && encode)
        written = g722_encode(g722_encode_init(NULL, rate, 0), output, input, len / 2);
    else if (g722)
        written = 2 * g722_decode(g722_decode_init(NULL, rate, 0), output, input, len);
    else if (encode)
        written = g726_encode(g726_init(NULL, rate, G726_ENCODING_LINEAR, packing), output, input, len / 2);
    else
        written = 2 * g726_decode(g726_init(NULL, rate, G726_ENCODING_LINEAR, packing), output, input, len);
    return fwrite(output, 1, written, out) != written || fclose(out);
}
