/* Stands for NVIDIA's management library in tests: two GPUs, of which the second supports nothing. The prototypes are
   those of nvml.h; no real GPU was asked. INIT is what the library says at its start; after LOST_AFTER readings the first
   GPU is lost. */

#include <string.h>

#ifndef INIT
#define INIT 0
#endif
#ifndef LOST_AFTER
#define LOST_AFTER 1000000
#endif

enum { SUCCESS = 0, INVALID = 2, NOT_SUPPORTED = 3, LOST = 15 };

struct device { int index; };
struct memory { unsigned long long total, free, used; };
struct utilization { unsigned int gpu, memory; };

static struct device devices[2] = {{0}, {1}};
static int readings = 0;

/* What to say before anything else is done. */
static int hurdle(struct device *device) {
    if (device->index == 1) return NOT_SUPPORTED;
    return readings > LOST_AFTER ? LOST : SUCCESS;
}

static int put_text(char *text, unsigned int length, const char *value) {
    if (strlen(value) >= length) return 7;
    strcpy(text, value);
    return SUCCESS;
}

#define NUMBER(name, type, value)                 \
    int name(struct device *device, type *out) {  \
        int code = hurdle(device);                \
        if (code == SUCCESS) *out = value;        \
        return code;                              \
    }

#define VIDEO(name, value)                                                       \
    int name(struct device *device, unsigned int *out, unsigned int *period) {   \
        int code = hurdle(device);                                               \
        if (code == SUCCESS) { *out = value; *period = 167000; }                 \
        return code;                                                             \
    }

int nvmlInit_v2(void) { return INIT; }

int nvmlSystemGetDriverVersion(char *text, unsigned int length) { return put_text(text, length, "550.54.15"); }

int nvmlDeviceGetCount_v2(unsigned int *count) {
    *count = 2;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, struct device **device) {
    if (index > 1) return INVALID;
    if (index == 0 && readings > LOST_AFTER) return LOST;
    *device = &devices[index];
    return SUCCESS;
}

int nvmlDeviceGetUUID(struct device *device, char *text, unsigned int length) {
    return put_text(text, length, device->index == 0 ? "GPU-11111111-2222-3333-4444-555555555555"
                                                     : "GPU-99999999-2222-3333-4444-555555555555");
}

int nvmlDeviceGetName(struct device *device, char *text, unsigned int length) {
    return put_text(text, length, device->index == 0 ? "Fake A100" : "Fake M1");
}

int nvmlDeviceGetUtilizationRates(struct device *device, struct utilization *out) {
    if (device->index == 0) readings++;
    int code = hurdle(device);
    if (code == SUCCESS) *out = (struct utilization){37, 12};
    return code;
}

int nvmlDeviceGetMemoryInfo(struct device *device, struct memory *out) {
    int code = hurdle(device);
    if (code == SUCCESS) *out = (struct memory){42949672960ULL, 32212254720ULL, 10737418240ULL};
    return code;
}

int nvmlDeviceGetTemperature(struct device *device, unsigned int sensor, unsigned int *out) {
    if (sensor != 0) return INVALID;
    int code = hurdle(device);
    if (code == SUCCESS) *out = 54;
    return code;
}

int nvmlDeviceGetClockInfo(struct device *device, unsigned int clock, unsigned int *out) {
    if (clock != 0 && clock != 2) return INVALID;
    int code = hurdle(device);
    if (code == SUCCESS) *out = clock == 0 ? 1410 : 1215;
    return code;
}

int nvmlDeviceGetTotalEccErrors(struct device *device, unsigned int kind, unsigned int since, unsigned long long *out) {
    if (kind > 1 || since != 0) return INVALID;
    int code = hurdle(device);
    if (code == SUCCESS) *out = kind == 0 ? 7 : 1;
    return code;
}

NUMBER(nvmlDeviceGetPowerUsage, unsigned int, 123456)
NUMBER(nvmlDeviceGetTotalEnergyConsumption, unsigned long long, 9876543210ULL)
NUMBER(nvmlDeviceGetFanSpeed, unsigned int, 30)
NUMBER(nvmlDeviceGetPcieReplayCounter, unsigned int, 2)
NUMBER(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, 0x21ULL)
VIDEO(nvmlDeviceGetEncoderUtilization, 5)
VIDEO(nvmlDeviceGetDecoderUtilization, 6)
