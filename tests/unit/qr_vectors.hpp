// QR codes made by qrencode 4 (tests/unit/qr_vectors.py --make): every module, row by row, in hex.
#pragma once

#include <string_view>

namespace chord::testing {

struct QrVector {
    char level;
    int version;
    int mask;
    std::string_view text;
    std::string_view modules;
};

// clang-format off
inline constexpr QrVector kQrVectors[] = {
    {'L', 1, 4,
     "c2vy0dxzha",
     "fe8bfc16906ebebb7555dba7aec15507faafe00000ce097c876d22d2b8ebbb3b654d805efbf843d054b1bacd55d274ee9321"
     "05338fef648"},
    {'M', 1, 3,
     "c2vy0dxzha",
     "fe83fc17906e86bb7575dba02ec12107faafe01c00b7025f2d55fbd25af3d192a13c0070c3fb969053adba1125d521aead19"
     "04749fe9ce0"},
    {'L', 2, 2,
     "c4d9kfz126m:n3yq080zcjcw5n727aw1",
     "fe563fc160906e9c4bb754b5dba7a2ec154d07faaafe00f200fb87d536ff6012d17b653e209ba46fbd4ec43ade37437b24c2"
     "ae5ffe804a473fb12af04c311ba87fedd4cdc2eb131b056711fec60b8"},
    {'M', 6, 2,
     "c9xxbspv:775xg3dnekdb9cpqtdsxhra7b0s9aca1fwr83f:jnnqys36kvgfv:zg93ma3h73ekdpnx07yc7d2r6s9y2wa3y3cfa6",
     "fe481d0dbfc106122d106ea267ee4bb75f660db5dbaf81ba5aec152907f107faaaaaaafe01237d6400be225bd6be18f0ae94"
     "bceacdd205919aba86c63f0473142ee87babc26829c62a42da7b1c28c27e66d9567cf2548738aeaef79c719a3086939e8b1c"
     "a43024adc8456d66c6cded494ccc5c9b7038c3b02b4272f748d2fe960a398e86fd7aaa8abe951bb770a30c9965059f4d67ae"
     "24195dd61f5aa171214bcc4f53488b736a7efb806b0cc0c6ff8ba8b7ea905bc11671abafca764fa5d4ace844aeead200f4f9"
     "04abaa211afe8fd8ff220"},
    {'L', 7, 2,
     "cmsceky9at5jnjws388zq5kyp80369dhzx1xae2kwcj71h2:j847hahxr44ppbv916bhjrsq8dk15v3ysnj7r1psb4sk2fxxyf9h"
     "tbqpcp7a00h1y7x0far7b:hbj8yka64awxn0zx55rg5t:m45vm",
     "fe1f474acbfc151347ea906e98ae07f4bb759b7c8835dba4e4fde3aec16e94700107faaaaaaaafe007351b3c00fbd9ffe655"
     "5202b23afc6170e87b6c0a951a176937c3fca0de227120628b2709cc5d2af66fd1bd4f2aa201fc5e6334e672730bcafa4a30"
     "6ad1c44f280c84c0ec689519e0fc5fff37f9b4572c692c7f2a566af0ebc3174517391f9f9cbfa20f802052d0328052b6095d"
     "2944c0984117fe73e70fc2306c2ab78d478d0c0e79a181b11e2dac7b326d0248a06008d3028af4b0f342d0aa5f1914f3a00d"
     "53e6d9a34efb34fd0065a4614c4ffb59eaf0ebd04c7f113f16babfefc32fd5d74226189daeb77c8d2a8305521c55284fee4b"
     "58747d0"},
    {'L', 10, 2,
     "cd4tyd3ht4g4e36hqvrqrq0c3fb83hx1syx6nczkp21dp39nrh9964:kvgvnvd:j4yeqbd9b9qyp9karwhaa6mmnzqgpgd1:bmad"
     "mrfzjc136je1tt9x982ha8sdns:fs92rh8s6nm46zr5fcv25hr4xs93m9asa47mdxwpx:x9kgnmk25grkxw5f:b452syxhtafcw9"
     "e179x8x5m7cfze4mp22e21bkbwxr:yqymqsan4ernv69j5:n44:mrx3awp73",
     "fe3652db0cf33fc14d9eda3d0e906e9615933d67cbb75e2600eb0ea5dba26c7bed8a92ec156ca9157a9107faaaaaaaaaaafe"
     "00d94dc7455500fbd9ec7e7c115514ef29c36ef8e1fbac11044be0fd07b6b1011a9711c5b81d9673b0530b636196b463c494"
     "2e27ba06ad1d854a8a30934b9b3d5300ed741876613607895fccb4e644cbe3bb0bc4a84d1e72897e9731e3f7661656f51603"
     "a388f65c6786c64f01a2108c18ec68c27813013b5cd674fd745d44452acf89414af6e3dff5ac1fdbc0fed5130d7c5e373169"
     "aaca92b1a70acfc753951c872c7c3e7f07fcfd2be9189e2c4981b2f77b3ffc397c02dc743529c04c7822f7edff10bd9191d9"
     "a5f11e9efbf7686b7651b5c744d0acd61c166901812946e1ee8d2908d3c5c1fb257ad69f60fc5f1c062c1c5209c04ebac3dd"
     "f03779eaf4b68303e0b81e57acf0fa8cd1b58120d606c9950e43248e98a9e3ea9d4c7df09308b9071fec0380ed3f7a14f880"
     "5e89d14238477fb84b9aaad1aad04909a45c91b16bad2397f1976fcdd4ea1f74a36272eb29f75dbc4e9905c62ef5add8acfe"
     "89f9157c56210"},
    {'M', 14, 2,
     "cqbsmpgbz9zxfcjqr2yzx9vrjb9ksnq4rcb9f3scqf0v3vrg2j:y5q55:tgjyty1qb481sqzzm6maf231sdn807b3nbjgz581j24"
     "tg4fbzz1zg191hg4z8bnw3tjyh6x7a6z9m6zj8n7nx2rw7bpc7jwkfdqj3zd1mqr7s2xw4twmzcfvbyfhsrna3m:twyh3xvs6xt8"
     "6agg9de1g8xgr7ptdhkw5jsqw18829kmfmpa3mnncvc2467q989eegxhkxg4j904p2dzb:xxvrsrsq5z4myesgbybz6qxebezn43"
     "6kjwkk4seekp59bq29bfg7gef2:awravtx561d5jpdpaa:cr4c",
     "fe2a2af3cdeaa0eebfc10af14a13cc2e17106ea249a6a07e887d0bb7531325af4aa34c65dba87f0ff112f884daec1559d443"
     "fac7adb107faaaaaaaaaaaaaaafe01710d17a551176600be26f4ff6a0fd6c8be5c6707850e3508f4c1af893bd349c4b92dca"
     "64214a915a5da5771a232c5e9517f35b286bae021817382bd4468c097c94e0269f4bfc3beb7a283cc5a1638b66817afdd15f"
     "1c0556a0ae2060b969a4550128912d85b9ada775b1eb7bef0ba66ec9218dbafa00ea99a21f68518c0fe6699ad2942fc48fcd"
     "a3ff8f6377ca5ffa33efdba2bd15c3761be6200fc5c5ff7c6fd6ecfafc4517478e34416d469aafbf2a3986bb096abd17ed51"
     "3a571c775183fa4aef91b0fd24bfad8dbdc6dc2f7d1edf90cd3480f1ed49f2d2fe43d98633c1f95aa6f2aae910683f55b269"
     "12b04325018c9381f9dcc7e032671df01b0939799566f4f89540f24dbdabd0321397cf64cd2daac07af4e178da8bc38b4f21"
     "749b0bd29b1f729a23db654e173472dbb961671c7eb0cc47dc6e646b02d289e47432d2ebec48d499a5adf69db5ccfa5deda7"
     "0518fc909fe293f9606ff94513147cefc5da9c72ab5d0eb4bf2bf09ea7311df31da151536310dfd379f9195ff08cff2a360b"
     "cb6cb114e468a3f08b6e4b83ddaddc3bb64e95b6fe112f081976f97186a22500ffffa7d2be65f3a00a5029f9de95e926753c"
     "dc2f788d56e2be41c3b1220eed6da22b17f42f7ad676e6478e5489ac4a05b73acd1bd7d369ec78b93b8eb6365c2f6a1c621f"
     "ca80e0f9ee4fe5205f67f6e18dc2802b5b0a80e0f93df49de232b764a3eb2517e4008a98edf95e0ff829fb8064a2c544fc59"
     "3d44bf81572b19f2b569aaf05549b1d09f1dee91abaaf2cfd7f4fdee1fadd54e1210abf4c75d66eb3d37718e3b709743043d"
     "f0c7eb6acbbda1fe854a375e5a54ed078"},
};
// clang-format on

}  // namespace chord::testing
