/*
 * libsrtp2 as an oracle: one request a line, one answer a line.
 *
 *   key SUITE HEX   begins again with this key, master key and salt: "ok"
 *   protect HEX, unprotect HEX, protect_rtcp HEX, unprotect_rtcp HEX
 *                   the packet that comes of it, or "error N" as libsrtp2 numbers them
 */
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096 };

static srtp_t out, in;

static size_t from_hex(const char *text, unsigned char *bytes) {
    size_t len = 0;
    unsigned byte;
    while (len < LONGEST && sscanf(text + 2 * len, "%2x", &byte) == 1)
        bytes[len++] = (unsigned char)byte;
    return len;
}

static int set_suite(const char *name, srtp_crypto_policy_t *rtp, srtp_crypto_policy_t *rtcp) {
    if (!strcmp(name, "AES_CM_128_HMAC_SHA1_80")) {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(rtcp);
    } else if (!strcmp(name, "AES_CM_128_HMAC_SHA1_32")) {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(rtcp);
    } else if (!strcmp(name, "AES_256_CM_HMAC_SHA1_80")) {
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(rtcp);
    } else if (!strcmp(name, "AES_256_CM_HMAC_SHA1_32")) {
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(rtcp);
    } else if (!strcmp(name, "AEAD_AES_128_GCM")) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(rtcp);
    } else if (!strcmp(name, "AEAD_AES_256_GCM")) {
        srtp_crypto_policy_set_aes_gcm_256_16_auth(rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(rtcp);
    } else {
        return 0;
    }
    return 1;
}

static int begin(const char *suite, const char *hex) {
    unsigned char key[LONGEST];
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    from_hex(hex, key);
    policy.key = key;
    policy.window_size = 128;
    if (!set_suite(suite, &policy.rtp, &policy.rtcp))
        return 0;
    if (out)
        srtp_dealloc(out);
    if (in)
        srtp_dealloc(in);
    policy.ssrc.type = ssrc_any_outbound;
    if (srtp_create(&out, &policy) != srtp_err_status_ok)
        return 0;
    policy.ssrc.type = ssrc_any_inbound;
    return srtp_create(&in, &policy) == srtp_err_status_ok;
}

static void answer(const char *request, const char *hex) {
    static unsigned char packet[LONGEST + SRTP_MAX_TRAILER_LEN];
    int len = (int)from_hex(hex, packet);
    srtp_err_status_t status = srtp_err_status_no_such_op;
    if (!strcmp(request, "protect"))
        status = srtp_protect(out, packet, &len);
    else if (!strcmp(request, "unprotect"))
        status = srtp_unprotect(in, packet, &len);
    else if (!strcmp(request, "protect_rtcp"))
        status = srtp_protect_rtcp(out, packet, &len);
    else if (!strcmp(request, "unprotect_rtcp"))
        status = srtp_unprotect_rtcp(in, packet, &len);
    if (status != srtp_err_status_ok) {
        printf("error %d\n", (int)status);
        return;
    }
    for (int at = 0; at < len; at++)
        printf("%02x", packet[at]);
    printf("\n");
}

int main(void) {
    static char line[2 * LONGEST + 64], request[32], first[2 * LONGEST], second[2 * LONGEST];
    if (srtp_init() != srtp_err_status_ok)
        return 1;
    while (fgets(line, sizeof line, stdin)) {
        int words = sscanf(line, "%31s %8191s %8191s", request, first, second);
        if (words == 3 && !strcmp(request, "key"))
            printf("%s\n", begin(first, second) ? "ok" : "error");
        else if (words == 2)
            answer(request, first);
        else
            printf("error\n");
        fflush(stdout);
    }
    return 0;
}
