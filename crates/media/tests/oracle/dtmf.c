/* Digits with libspandsp: dtmf say DIGITS LEVEL TWIST ON_MS OFF_MS OUT, or dtmf hear IN, which prints them.
   Samples are signed 16 bits in the order of this machine, at 8,000 Hz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

static int say(char *argv[])
{
    dtmf_tx_state_t *state = dtmf_tx_init(NULL);
    dtmf_tx_set_level(state, atoi(argv[3]), atoi(argv[4]));
    dtmf_tx_set_timing(state, atoi(argv[5]), atoi(argv[6]));
    FILE *out = fopen(argv[7], "wb");
    if (!out)
        return 2;
    int16_t samples[160];
    for (const char *digit = argv[2]; *digit; digit++) {
        if (dtmf_tx_put(state, digit, 1))
            return 2;
        int length;
        while ((length = dtmf_tx(state, samples, 160)) > 0)
            fwrite(samples, 2, length, out);
    }
    memset(samples, 0, sizeof samples);
    for (int n = 0; n < 10; n++)
        fwrite(samples, 2, 160, out);
    return fclose(out);
}

static int hear(const char *name)
{
    dtmf_rx_state_t *state = dtmf_rx_init(NULL, NULL, NULL);
    FILE *in = fopen(name, "rb");
    if (!in)
        return 2;
    int16_t samples[160];
    char digits[129];
    size_t length;
    while ((length = fread(samples, 2, 160, in)) > 0) {
        dtmf_rx(state, samples, length);
        digits[dtmf_rx_get(state, digits, 128)] = 0;
        fputs(digits, stdout);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 8 && !strcmp(argv[1], "say"))
        return say(argv);
    return argc == 3 && !strcmp(argv[1], "hear") ? hear(argv[2]) : 2;
}
