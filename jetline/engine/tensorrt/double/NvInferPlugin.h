#pragma once
extern "C" bool initLibNvInferPlugins(void* logger, char const* libNamespace);
