/** ICD-10 code, name, ages, sex, specialties, usual medicines, cost of a visit, how common, acute or chronic. */
export const DIAGNOSES = `
A09 | Infectious gastroenteritis and colitis, unspecified | newborn+ | any | EM, GP, PED, GAS | oral-rehydration, ondansetron, paracetamol, paracetamol-syrup | 70-420 | 30 | acute
A56.0 | Chlamydial infection of lower genitourinary tract | 15-60 | any | GP, OBG, URO | azithromycin-single, doxycycline | 60-190 | 5 | acute
B01.9 | Varicella without complication | 1-17 | any | PED, GP | paracetamol-syrup, paracetamol, cetirizine | 50-150 | 6 | acute
B02.9 | Zoster without complications | 40+ | any | GP, DER, GER | aciclovir, paracetamol, gabapentin | 70-240 | 8 | acute
B35.3 | Tinea pedis | 12+ | any | DER, GP | terbinafine-cream | 50-140 | 7 | acute
B37.3 | Candidiasis of vulva and vagina | 16-60 | Female | OBG, GP | fluconazole | 55-160 | 9 | acute
B80 | Enterobiasis | 2-14 | any | PED, GP | mebendazole | 45-110 | 4 | acute
B86 | Scabies | 1+ | any | DER, GP, PED | permethrin, cetirizine | 55-160 | 4 | acute
C18.9 | Malignant neoplasm of colon, unspecified | 35+ | any | ONC, GAS | capecitabine, ondansetron, morphine | 900-6400 | 4 | chronic
C34.9 | Malignant neoplasm of unspecified part of bronchus or lung | 40+ | any | ONC, PUL | morphine, ondansetron, prednisolone | 1100-7800 | 4 | chronic
C43.9 | Malignant melanoma of skin, unspecified | 20+ | any | ONC, DER | paracetamol, ondansetron | 600-4200 | 2 | chronic
C50.9 | Malignant neoplasm of breast of unspecified site, female | 25+ | Female | ONC | tamoxifen, anastrozole, ondansetron | 900-6900 | 7 | chronic
C61 | Malignant neoplasm of prostate | 45+ | Male | ONC, URO | bicalutamide, paracetamol | 700-5200 | 6 | chronic
C92.1 | Chronic myeloid leukemia, BCR/ABL-positive | 18+ | any | ONC | imatinib, allopurinol | 800-4800 | 1 | chronic
D50.9 | Iron deficiency anemia, unspecified | 12+ | any | GP, OBG, GAS, GER | ferrous-sulfate, folic-acid | 60-230 | 14 | chronic
E03.9 | Hypothyroidism, unspecified | 6+ | any | END, GP | levothyroxine | 60-210 | 16 | chronic
E05.0 | Thyrotoxicosis with diffuse goiter | 14+ | any | END | methimazole, metoprolol | 110-380 | 4 | chronic
E10.9 | Type 1 diabetes mellitus without complications | 2+ | any | END, PED | insulin-glargine, insulin-aspart | 90-420 | 8 | chronic
E11.9 | Type 2 diabetes mellitus without complications | 25+ | any | GP, END, GER | metformin, empagliflozin, semaglutide, insulin-glargine | 70-320 | 36 | chronic
E11.2 | Type 2 diabetes mellitus with kidney complications | 35+ | any | END, NEP | empagliflozin, lisinopril, insulin-glargine | 120-520 | 7 | chronic
E55.9 | Vitamin D deficiency, unspecified | newborn+ | any | GP, PED, GER | cholecalciferol, vitamin-d-drops | 45-130 | 12 | acute
E66.9 | Obesity, unspecified | 12+ | any | END, GP | semaglutide, metformin | 60-260 | 12 | chronic
E78.5 | Hyperlipidemia, unspecified | 25+ | any | GP, CAR | atorvastatin | 55-200 | 24 | chronic
F03.9 | Unspecified dementia without behavioral disturbance | 65+ | any | GER, NEU, PSY | donepezil, mirtazapine | 120-520 | 8 | chronic
F20.9 | Schizophrenia, unspecified | 16-70 | any | PSY | quetiapine | 130-680 | 3 | chronic
F31.9 | Bipolar disorder, unspecified | 16+ | any | PSY | lithium, quetiapine | 120-520 | 4 | chronic
F32.9 | Major depressive disorder, single episode, unspecified | 12+ | any | PSY, GP | sertraline, mirtazapine | 80-290 | 18 | chronic
F41.1 | Generalized anxiety disorder | 12+ | any | PSY, GP | sertraline, quetiapine | 80-260 | 15 | chronic
F90.0 | Attention-deficit hyperactivity disorder, inattentive type | 6-40 | any | PSY, PED | methylphenidate | 90-320 | 7 | chronic
G20 | Parkinson disease | 45+ | any | NEU, GER | levodopa | 120-480 | 5 | chronic
G40.9 | Epilepsy, unspecified | 6+ | any | NEU | levetiracetam, topiramate | 120-620 | 6 | chronic
G43.9 | Migraine, unspecified | 12+ | any | NEU, GP | sumatriptan, topiramate, paracetamol, naproxen | 70-290 | 16 | chronic
G47.0 | Insomnia | 18+ | any | GP, PSY, NEU | melatonin, mirtazapine | 55-190 | 9 | acute
G56.0 | Carpal tunnel syndrome | 20+ | any | ORT, NEU | naproxen, diclofenac-gel | 90-640 | 7 | acute
G62.9 | Polyneuropathy, unspecified | 35+ | any | NEU | gabapentin | 110-430 | 4 | chronic
H10.9 | Unspecified conjunctivitis | 2+ | any | OPH, GP, PED | chloramphenicol-drops | 45-140 | 14 | acute
H04.1 | Dry eye syndrome | 18+ | any | OPH | artificial-tears | 60-180 | 6 | chronic
H25.9 | Unspecified age-related cataract | 55+ | any | OPH | artificial-tears | 180-2900 | 7 | acute
H40.1 | Primary open-angle glaucoma | 40+ | any | OPH | latanoprost | 90-360 | 6 | chronic
H60.9 | Unspecified otitis externa | 2+ | any | ENT, GP | ciprofloxacin-drops, paracetamol, paracetamol-syrup | 50-150 | 7 | acute
H66.9 | Otitis media, unspecified | 0-14 | any | PED, ENT, GP | amoxicillin-syrup, paracetamol-syrup, ibuprofen-syrup, amoxicillin | 55-170 | 24 | acute
H81.1 | Benign paroxysmal vertigo | 30+ | any | ENT, NEU, GP | betahistine | 60-230 | 6 | acute
I10 | Essential (primary) hypertension | 25+ | any | GP, CAR, GER | amlodipine, lisinopril, losartan, hydrochlorothiazide | 55-220 | 48 | chronic
I20.9 | Angina pectoris, unspecified | 40+ | any | CAR, EM | nitroglycerin, aspirin, metoprolol, atorvastatin | 210-2600 | 7 | chronic
I21.9 | Acute myocardial infarction, unspecified | 35+ | any | EM, CAR | aspirin, clopidogrel, atorvastatin, bisoprolol | 2400-18900 | 4 | acute
I25.1 | Atherosclerotic heart disease of native coronary artery | 40+ | any | CAR | aspirin, atorvastatin, metoprolol, clopidogrel | 160-1400 | 13 | chronic
I48.9 | Unspecified atrial fibrillation and atrial flutter | 40+ | any | CAR, EM, GER | apixaban, bisoprolol, metoprolol | 180-1900 | 12 | chronic
I50.9 | Heart failure, unspecified | 50+ | any | CAR, GER | furosemide, spironolactone, bisoprolol, empagliflozin | 240-3400 | 11 | chronic
I63.9 | Cerebral infarction, unspecified | 45+ | any | NEU, EM | aspirin, clopidogrel, atorvastatin | 1900-14800 | 4 | acute
I80.2 | Phlebitis and thrombophlebitis of deep vessels of lower extremities | 25+ | any | EM, CAR | enoxaparin, apixaban | 260-1700 | 4 | acute
J02.9 | Acute pharyngitis, unspecified | 2+ | any | GP, PED, ENT | paracetamol, paracetamol-syrup, ibuprofen, amoxicillin | 45-130 | 26 | acute
J06.9 | Acute upper respiratory infection, unspecified | newborn+ | any | GP, PED, EM | paracetamol, paracetamol-syrup, ibuprofen-syrup | 45-140 | 46 | acute
J11.1 | Influenza with other respiratory manifestations, virus not identified | 1+ | any | GP, EM, PED | oseltamivir, paracetamol, paracetamol-syrup | 60-260 | 18 | acute
J18.9 | Pneumonia, unspecified organism | 1+ | any | EM, PUL, PED, GER | amoxiclav, azithromycin, amoxicillin-syrup, paracetamol-syrup, ceftriaxone | 220-3900 | 12 | acute
J20.9 | Acute bronchitis, unspecified | 6+ | any | GP, PUL | salbutamol, paracetamol, paracetamol-syrup | 55-180 | 17 | acute
J21.9 | Acute bronchiolitis, unspecified | newborn-1 | any | PED, EM | paracetamol-syrup | 120-1600 | 9 | acute
J30.1 | Allergic rhinitis due to pollen | 6+ | any | GP, ENT, PED | cetirizine, mometasone | 45-150 | 16 | chronic
J32.9 | Chronic sinusitis, unspecified | 14+ | any | ENT, GP | mometasone, amoxiclav, doxycycline | 60-240 | 8 | chronic
J44.9 | Chronic obstructive pulmonary disease, unspecified | 40+ | any | PUL, GER | tiotropium, salbutamol, budesonide-formoterol, prednisolone | 110-980 | 12 | chronic
J45.9 | Asthma, unspecified | 4+ | any | PUL, PED, GP | salbutamol, montelukast, budesonide-formoterol, prednisolone | 70-420 | 18 | chronic
K21.9 | Gastro-esophageal reflux disease without esophagitis | 16+ | any | GP, GAS | omeprazole | 55-260 | 19 | chronic
K29.7 | Gastritis, unspecified | 14+ | any | GAS, GP, EM | omeprazole, ondansetron | 70-420 | 11 | acute
K35.8 | Acute appendicitis, other and unspecified | 5+ | any | EM | ceftriaxone, metronidazole, paracetamol, paracetamol-syrup | 2800-12400 | 4 | acute
K50.9 | Crohn disease, unspecified | 16+ | any | GAS | adalimumab, mesalazine, prednisolone | 180-1900 | 3 | chronic
K51.9 | Ulcerative colitis, unspecified | 16+ | any | GAS | mesalazine, prednisolone, adalimumab | 160-1500 | 3 | chronic
K58.9 | Irritable bowel syndrome without diarrhea | 16+ | any | GAS, GP | macrogol | 65-280 | 8 | chronic
K59.0 | Constipation | 2+ | any | GP, PED, GAS, GER | macrogol | 45-160 | 11 | acute
K80.2 | Calculus of gallbladder without cholecystitis | 25+ | any | GAS, EM | ibuprofen, ondansetron | 190-4600 | 5 | acute
L20.9 | Atopic dermatitis, unspecified | 0+ | any | DER, PED, GP | hydrocortisone-cream, betamethasone-cream, cetirizine | 50-170 | 13 | chronic
L22 | Diaper dermatitis | 0-2 | any | PED, GP | hydrocortisone-cream | 40-95 | 8 | acute
L40.0 | Psoriasis vulgaris | 16+ | any | DER, RHE | betamethasone-cream, methotrexate, adalimumab | 70-460 | 6 | chronic
L70.0 | Acne vulgaris | 12-40 | any | DER, GP | benzoyl-peroxide, doxycycline | 50-160 | 12 | chronic
L03.1 | Cellulitis of other parts of limb | 12+ | any | EM, GP, DER | cefalexin, amoxiclav, paracetamol | 90-780 | 8 | acute
M05.9 | Rheumatoid arthritis with rheumatoid factor, unspecified | 18+ | any | RHE | methotrexate, adalimumab, naproxen, folic-acid | 110-780 | 5 | chronic
M10.9 | Gout, unspecified | 30+ | any | RHE, GP | allopurinol, colchicine, naproxen | 60-240 | 8 | chronic
M17.9 | Osteoarthritis of knee, unspecified | 45+ | any | ORT, GP, GER | diclofenac-gel, paracetamol, naproxen | 80-960 | 17 | chronic
M54.5 | Low back pain | 16+ | any | GP, ORT | ibuprofen, naproxen, paracetamol | 55-290 | 34 | acute
M75.1 | Rotator cuff syndrome | 25+ | any | ORT | naproxen, diclofenac-gel | 110-1300 | 7 | acute
M81.0 | Age-related osteoporosis without current pathological fracture | 55+ | any | GER, END, RHE | alendronate, cholecalciferol | 80-310 | 9 | chronic
N18.3 | Chronic kidney disease, stage 3 | 40+ | any | NEP, GER | losartan, lisinopril, empagliflozin | 110-540 | 8 | chronic
N18.5 | Chronic kidney disease, stage 5 | 30+ | any | NEP | sevelamer, furosemide | 320-2900 | 3 | chronic
N20.0 | Calculus of kidney | 18+ | any | URO, EM | tamsulosin, ibuprofen, ondansetron | 190-2900 | 7 | acute
N30.0 | Acute cystitis | 14+ | Female | GP, URO, EM | nitrofurantoin, fosfomycin | 50-180 | 18 | acute
N39.0 | Urinary tract infection, site not specified | 1+ | any | GP, URO, EM, PED | amoxicillin-syrup, nitrofurantoin, ciprofloxacin, cefalexin | 55-260 | 14 | acute
N32.8 | Other specified disorders of bladder | 30+ | any | URO | solifenacin | 70-280 | 4 | chronic
N40 | Hyperplasia of prostate | 50+ | Male | URO, GP | tamsulosin | 75-380 | 13 | chronic
N80.9 | Endometriosis, unspecified | 16-50 | Female | OBG | ethinylestradiol, naproxen | 110-1600 | 5 | chronic
N92.0 | Excessive and frequent menstruation with regular cycle | 14-52 | Female | OBG, GP | ethinylestradiol, ferrous-sulfate | 80-420 | 8 | acute
N95.1 | Menopausal and female climacteric states | 44-60 | Female | OBG, GP | progesterone | 70-240 | 9 | chronic
O13 | Gestational hypertension without significant proteinuria | 16-48 | Female | OBG | methyldopa | 140-880 | 3 | acute
O21.0 | Mild hyperemesis gravidarum | 16-48 | Female | OBG | ondansetron, prenatal-vitamins | 90-460 | 4 | acute
O80 | Single spontaneous delivery | 16-48 | Female | OBG | paracetamol, ferrous-sulfate | 2400-9800 | 8 | acute
O82 | Single delivery by cesarean section | 16-48 | Female | OBG | paracetamol, enoxaparin, ferrous-sulfate | 4200-15900 | 4 | acute
P07.3 | Other preterm infants | newborn | any | PED | vitamin-d-drops | 1900-16400 | 8 | acute
P59.9 | Neonatal jaundice, unspecified | newborn | any | PED | vitamin-d-drops | 180-1900 | 30 | acute
R05 | Cough | newborn+ | any | GP, PED, PUL | salbutamol | 45-150 | 15 | acute
R07.4 | Chest pain, unspecified | 18+ | any | EM, CAR | aspirin, nitroglycerin | 190-2100 | 11 | acute
R10.4 | Other and unspecified abdominal pain | 4+ | any | EM, GP, GAS, PED | paracetamol, paracetamol-syrup | 90-980 | 17 | acute
R51 | Headache | 6+ | any | GP, NEU, EM | paracetamol, paracetamol-syrup, ibuprofen | 50-290 | 13 | acute
S01.9 | Open wound of head, part unspecified | 1+ | any | EM | paracetamol, paracetamol-syrup, cefalexin | 120-890 | 10 | acute
S52.5 | Fracture of lower end of radius | 4+ | any | EM, ORT | paracetamol, paracetamol-syrup, ibuprofen, tramadol | 320-3900 | 9 | acute
S72.0 | Fracture of neck of femur | 60+ | any | ORT, EM | enoxaparin, paracetamol, tramadol | 4900-24500 | 5 | acute
S93.4 | Sprain and strain of ankle | 6+ | any | EM, ORT | ibuprofen, ibuprofen-syrup, diclofenac-gel | 90-480 | 15 | acute
T78.2 | Anaphylactic shock, unspecified | 6+ | any | EM | epinephrine, prednisolone, cetirizine | 480-3900 | 3 | acute
Z00.0 | General medical examination | 18+ | any | GP | | 60-240 | 26 | acute
Z00.1 | Routine child health examination | newborn-17 | any | PED, GP | vitamin-d-drops | 50-140 | 34 | acute
Z23 | Need for immunization against single bacterial diseases | 0+ | any | GP, PED | | 30-110 | 18 | acute
Z30.0 | General counselling and advice on contraception | 14-50 | Female | OBG, GP | ethinylestradiol | 50-150 | 12 | acute
Z34.9 | Supervision of normal pregnancy, unspecified | 16-48 | Female | OBG | folic-acid, prenatal-vitamins, ferrous-sulfate | 90-360 | 20 | chronic
Z38.0 | Singleton, born in hospital | newborn | any | PED | | 900-4200 | 60 | acute
`
