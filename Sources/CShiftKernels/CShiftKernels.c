#include "CShiftKernels.h"
